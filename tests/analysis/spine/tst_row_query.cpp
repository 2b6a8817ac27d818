// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/spine/row_query.h"
#include "tests/support/test_main.h"

#include <QTest>

#include <cmath>

using namespace expertscope;

class TestRowQuery : public QObject
{
    Q_OBJECT
private slots:
    void whatIsNotNamedIsNotThere()
    {
        std::vector<ResultRow> rows(7);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            rows[i].metric = "a.b";
            rows[i].value = double(i);
        }
        rows[0].site = SiteIndex(2);
        rows[0].expert = ExpertIndex(5);
        rows[1].site = SiteIndex(2);
        rows[1].label = {"domain", "code"};
        rows[2].site = SiteIndex(2);
        rows[2].params = {{"m", 4.0}, {"sites", 3.0}};
        rows[3].site = SiteIndex(2);
        rows[3].params = {{"m", 16.0}};
        rows[3].other = {{"to_site", "3"}};
        rows[4].params = {{"m", 4.0}};
        rows[5].site = SiteIndex(1);
        rows[5].expert = ExpertIndex(9); // where it was found
        rows[5].extreme = true;
        rows[6].metric = "a.c";
        rows[6].value.reset();
        const auto at = [&](const RowQuery& query) { return valueOf(rows, query); };
        const auto site = SiteIndex(2);
        QCOMPARE(at({.metric = "a.b", .site = site}), 2.0);
        QCOMPARE(at({.metric = "a.b", .site = site, .expert = ExpertIndex(5)}), 0.0);
        QCOMPARE(at({.metric = "a.b", .site = site, .label = "code"}), 1.0);
        QCOMPARE(at({.metric = "a.b", .site = site, .params = RowQuery::Params{{"m", 4.0}}}), 2.0);
        QCOMPARE(at({.metric = "a.b", .site = site, .params = RowQuery::Params{{"m", 16.0}}}), 3.0);
        QCOMPARE(at({.metric = "a.b", .site = site, .other = RowQuery::Other{{"to_site", "3"}}}), 3.0);
        QCOMPARE(at({.metric = "a.b"}), 4.0);
        QCOMPARE(at({.metric = "a.b", .site = SiteIndex(1)}), 5.0);
        QCOMPARE(at({.metric = "a.b", .site = SiteIndex(1), .expert = ExpertIndex(9)}), 5.0);
        QVERIFY(std::isnan(at({.metric = "a.b", .site = SiteIndex(1), .expert = ExpertIndex(8)})));
        QVERIFY(std::isnan(at({.metric = "a.b", .site = site, .params = RowQuery::Params{}})));
        QVERIFY(std::isnan(at({.metric = "a"})));
        QVERIFY(findRow(rows, {.metric = "a.c"}) == &rows[6]);
        QVERIFY(std::isnan(at({.metric = "a.c"})));
    }

    void matrices()
    {
        std::vector<ResultMatrix> matrices(3);
        for (ResultMatrix& matrix : matrices)
            matrix.metric = "pairs";
        matrices[0].site = SiteIndex(0);
        matrices[1].site = SiteIndex(0);
        matrices[1].label = {"language", "de"};
        matrices[2].site = SiteIndex(1);
        matrices[2].other = {{"to_site", "2"}};
        QVERIFY(findMatrix(matrices, {.metric = "pairs", .site = SiteIndex(0)}) == &matrices[0]);
        QVERIFY(findMatrix(matrices, {.metric = "pairs", .site = SiteIndex(0), .label = "de"}) == &matrices[1]);
        QVERIFY(findMatrix(matrices, {.metric = "pairs", .site = SiteIndex(1)}) == &matrices[2]);
        QVERIFY(!findMatrix(matrices, {.metric = "pairs", .site = SiteIndex(1), .other = RowQuery::Other{}}));
        QVERIFY(!findMatrix(matrices, {.metric = "pairs"}));
    }
};

EXPERTSCOPE_TEST(TestRowQuery)
#include "tst_row_query.moc"
