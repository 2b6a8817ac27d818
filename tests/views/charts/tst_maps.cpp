// SPDX-License-Identifier: GPL-3.0-or-later
//
// Maps and matrices tell the truth: their numbers are the rows that the metrics have of the same question.
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/views/charts/chart_table.h"
#include "tests/views/load_fixture.h"
#include "views/charts/kinds/seriation.h"

#include <QTest>

#include <algorithm>
#include <functional>
#include <set>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

struct MapFixture
{
    std::shared_ptr<MemoryTrace> trace = scoredTrace();
    Study study = studyOf({trace.get()});

    Results rows(const MetricRequest& metric, const std::string& by = {}) const
    {
        MetricQuestion question;
        question.metrics = {metric};
        question.by = by;
        return *study.metrics(0, question).value().front();
    }
    ChartTable table(const std::string& chart, const std::map<std::string, std::string>& options = {}) const
    {
        return tableOfChart(chart, study, options);
    }
};

using Matches = std::function<bool(const ResultRow&)>;
const ResultRow& rowOf(const Results& results, const std::string& metric, const Matches& matches)
{
    static const ResultRow none;
    const auto found = std::ranges::find_if(
        results.rows, [&](const ResultRow& row) { return row.metric == metric && row.site && matches(row); });
    return found == results.rows.end() ? none : *found;
}

}

class TestMaps : public QObject
{
    Q_OBJECT

private slots:
    void loadByLabelIsTheMetrics()
    {
        const MapFixture f;
        const Results results = f.rows({"specialisation"}, "language");
        const LoadTablePtr load = f.study.load(0, {}).value();
        for (const std::string measure : {"whole", "uniform", "share"}) {
            const ChartTable table = f.table("load_by_label", {{"site", "3"}, {"measure", measure}});
            QCOMPARE(table.size(), std::size_t(3 * 32));
            for (std::size_t i = 0; i < table.size(); ++i) {
                const auto expert = ExpertIndex(std::uint16_t(table.number(i, "expert")));
                const ResultRow& row = rowOf(results, "specialisation.share", [&](const ResultRow& r) {
                    return r.site == SiteIndex(3) && r.expert == expert && r.label
                        && r.label->second == table.text(i, "label_value");
                });
                QVERIFY(row.value && alike(table.number(i, "share"), *row.value));
                const double all = double(load->count(SiteIndex(3), expert)) / double(load->tokens[3]);
                const double wanted = measure == "share" ? 100 * *row.value
                    : measure == "uniform"               ? *row.value / *row.uniform
                                                         : *row.value / all;
                QVERIFY(alike(table.number(i, "value"), wanted));
            }
        }
        // Every value of the label has its row of the map, in words.
        const auto drawn = drawnChart("load_by_label", f.study);
        QCOMPARE((*drawn)->picture()->panels[0].y.words, (std::vector<QString>{"de", "en", "fr"}));
        QCOMPARE((*drawn)->marks({.label = LabelFilter{"language", "fr"}}).size(), std::size_t(32));
        QVERIFY((*drawn)->readout({0, 0, 2, 5}).startsWith("Layer 1 · expert 5 · language fr · "));
    }

    void riskDifferenceIsTheMetrics()
    {
        const MapFixture f;
        for (const std::string reference : {"", "fr"}) {
            const Results results = f.rows({"risk_difference", {{"reference", reference}}}, "language");
            const ChartTable table = f.table("risk_difference", {{"value", "en"}, {"reference", reference}});
            QCOMPARE(table.size(), std::size_t(6 * 32));
            for (std::size_t i = 0; i < table.size(); ++i) {
                const ResultRow& row = rowOf(results, "risk_difference.value", [&](const ResultRow& r) {
                    return r.site->value == table.number(i, "site") && r.expert
                        && r.expert->value == table.number(i, "expert") && r.label->second == "en";
                });
                QVERIFY(row.value && alike(table.number(i, "measured"), *row.value));
                QVERIFY(alike(table.number(i, "value"), 100 * *row.value));
            }
        }
        const auto error = [&](std::map<std::string, std::string> options) {
            return QString::fromStdString(drawnChart("risk_difference", f.study, options).error().message());
        };
        QVERIFY(error({{"label", "genre"}}).contains("label=genre: no sequence has a label of this name"));
        QVERIFY(error({{"value", "xx"}}).contains("value=xx: the label 'language' has no such value"));
        QVERIFY(error({{"value", "de"}, {"reference", "de"}}).contains("not compared with itself"));
    }

    void importanceIsTheMetrics_data()
    {
        QTest::addColumn<QString>("quantity");
        QTest::addColumn<QString>("metric");
        QTest::addRow("token") << "token_score"
                               << "esft.token_score";
        QTest::addRow("gate") << "gate_score"
                              << "esft.gate_score";
        QTest::addRow("rank") << "committee_rank"
                              << "committee.mean_rank";
        QTest::addRow("variance") << "committee_variance"
                                  << "committee.rank_variance";
    }
    void importanceIsTheMetrics()
    {
        QFETCH(QString, quantity);
        QFETCH(QString, metric);
        const MapFixture f;
        const std::string name = metric.toStdString(), family = name.substr(0, name.find('.'));
        const Results results = f.rows({family}, family == "committee" ? "language" : "");
        const ChartTable table = f.table("importance", {{"quantity", quantity.toStdString()}});
        QCOMPARE(table.size(), std::size_t(6 * 32));
        std::size_t members = 0, listed = 0;
        for (std::size_t i = 0; i < table.size(); ++i) {
            const ResultRow& row = rowOf(results, name, [&](const ResultRow& r) {
                return r.site->value == table.number(i, "site") && r.expert
                    && r.expert->value == table.number(i, "expert");
            });
            QVERIFY(row.value && alike(table.number(i, "measured"), *row.value));
            QVERIFY(alike(table.number(i, "value"), row.uniform ? *row.value / *row.uniform : *row.value));
            members += std::size_t(table.number(i, "member"));
        }
        for (const ResultRow& row : results.rows) { // so many are named in the lists of the sites
            const bool list = row.metric
                == (family == "esft" ? family + "." + quantity.split('_')[0].toStdString() + "_selected"
                                     : "committee.size");
            if (list && row.site)
                listed += std::size_t(*row.value);
        }
        QCOMPARE(members, listed);
    }

    void mutualInformationIsTheMetrics()
    {
        const MapFixture f;
        const ChartTable table = f.table("mutual_information", {{"quantity", "corrected"}});
        QCOMPARE(table.size(), std::size_t(30)); // both halves, without the diagonal
        for (std::size_t i = 0; i < table.size(); ++i) {
            const double a = table.number(i, "site"), b = table.number(i, "with_site");
            const std::string distance = std::to_string(int(std::abs(a - b)));
            const ResultRow& row = rowOf(f.rows({"mutual_information", {{"distance", distance}}}),
                "mutual_information.corrected", [&](const ResultRow& r) { return r.site->value == std::min(a, b); });
            QVERIFY(row.value && alike(table.number(i, "value"), *row.value));
        }
        const auto near = drawnChart("mutual_information", f.study, {{"reach", "2"}});
        QCOMPARE((*near)->picture()->note, QString("Pairs more than 2 routers apart are not drawn"));
        QCOMPARE(ChartTable((*near)->csv()).size(), std::size_t(2 * (5 + 4)));
    }

    void labelDivergenceIsTheMetrics()
    {
        const MapFixture f;
        for (const std::string of : {"ids", "logits"}) {
            const std::string metric = of == "ids" ? "divergence_ids" : "divergence";
            const ChartTable table = f.table("label_divergence", {{"site", "2"}, {"of", of}, {"quantity", "d_hjs"}});
            QCOMPARE(table.size(), std::size_t(9));
            for (std::size_t i = 0; i < table.size(); ++i) {
                const std::string value = table.text(i, "label_value"), reference = table.text(i, "reference");
                const std::string other = value == "de" ? "en" : "de"; // halves of a value are those of its pairs
                const Results results =
                    f.rows({metric, {{"reference", value == reference ? other : reference}}}, "language");
                const ResultRow& row = rowOf(results, metric + (value == reference ? ".split_half_d_hjs" : ".d_hjs"),
                    [&](const ResultRow& r) { return r.site == SiteIndex(2) && r.label->second == value; });
                QVERIFY(row.value && alike(table.number(i, "value"), *row.value));
            }
        }
    }

    void matricesAreTheMetrics_data()
    {
        QTest::addColumn<QString>("chart");
        QTest::addColumn<QString>("metric");
        QTest::addColumn<QString>("matrix");
        QTest::addColumn<QString>("column");
        QTest::addRow("coactivation") << "coactivation"
                                      << "coactivation"
                                      << "coactivation.conditional"
                                      << "with";
        QTest::addRow("affinity") << "affinity"
                                  << "affinity"
                                  << "affinity.set"
                                  << "to_expert";
        QTest::addRow("similarity") << "expert_similarity"
                                    << "mc_smoe"
                                    << "mc_smoe.similarity"
                                    << "with";
    }
    void matricesAreTheMetrics()
    {
        QFETCH(QString, chart);
        QFETCH(QString, metric);
        QFETCH(QString, matrix);
        QFETCH(QString, column);
        const MapFixture f;
        const Results results = f.rows({metric.toStdString()});
        const auto found = std::ranges::find_if(results.matrices,
            [&](const ResultMatrix& m) { return m.metric == matrix.toStdString() && m.site == SiteIndex(1); });
        std::set<std::pair<int, int>> before;
        for (const std::string order : {"id", "load", "seriation"}) {
            const ChartTable table = f.table(chart.toStdString(), {{"site", "1"}, {"order", order}});
            std::set<std::pair<int, int>> cells;
            for (std::size_t i = 0; i < table.size(); ++i) {
                const int row = int(table.number(i, "expert")), at = int(table.number(i, column.toUtf8().constData()));
                const double value = found->values[std::size_t(row * 32 + at)];
                QVERIFY(alike(table.number(i, "value"), metric == "mc_smoe" ? value : 100 * value));
                cells.insert({row, at});
            }
            QVERIFY(cells.size() == table.size() && cells.size() >= 32 * 31 / 2);
            QVERIFY(before.empty() || cells == before); // the same cells, elsewhere
            before = cells;
        }
    }

    void anOrderIsSeenInThePicture()
    {
        const MapFixture f;
        const LoadTablePtr load = f.study.load(0, {}).value();
        const auto chart = *drawnChart("affinity", f.study, {{"order", "load"}});
        std::uint64_t before = UINT64_MAX;
        for (std::uint32_t r = 0; r < 32; ++r) {
            const auto subject = chart->subject({0, 0, r, 5});
            QVERIFY(
                subject && chart->readout({0, 0, r, 5}).contains(QString("expert %1 ·").arg(subject->expert->value)));
            QVERIFY(load->count(SiteIndex(0), *subject->expert) <= before);
            before = load->count(SiteIndex(0), *subject->expert);
        }
        QCOMPARE(chart->picture()->panels[0].y.title, QString("Expert of layer 1, by load"));
        QCOMPARE(chart->picture()->panels[0].y.names.front(), 1); // places, not ids
    }

    void seriationFindsGroups()
    {
        // Three groups of experts that are chosen together, dealt out; the diagonal is not known.
        constexpr std::size_t E = 30;
        std::vector<double> values(E * E);
        for (std::size_t i = 0; i < E; ++i) {
            for (std::size_t j = 0; j < E; ++j)
                values[i * E + j] =
                    i == j ? std::nan("") : (i % 3 == j % 3 ? 0.5 : 0.05) + double(mix(i * E + j) % 100) / 5000;
        }
        const Seriation order = seriate(values, E, E);
        QVERIFY(std::ranges::is_permutation(order.rows, seriate(values, E, E).columns));
        std::size_t changes = 0;
        for (std::size_t i = 1; i < E; ++i)
            changes += order.rows[i] % 3 != order.rows[i - 1] % 3;
        QCOMPARE(changes, std::size_t(2));
        QVERIFY(seriate(values, E, E).rows == order.rows);
        // A shifted band between two layers becomes the diagonal.
        std::vector<double> band(8 * 12);
        for (std::size_t r = 0; r < 8; ++r) {
            for (std::size_t c = 0; c < 12; ++c)
                band[(r * 3 % 8) * 12 + (c * 5 % 12)] = std::exp(-std::abs(double(r) * 1.5 - double(c)));
        }
        const Seriation diagonal = seriate(band, 8, 12);
        for (std::size_t r = 1; r < 8; ++r)
            QCOMPARE(
                std::abs(int(diagonal.rows[r] * 3 % 8) - int(diagonal.rows[r - 1] * 3 % 8)), 1); // 3 is its own inverse
        // Nothing to go by: as they are. Those without any value come last.
        const std::vector<double> none(6);
        QVERIFY((seriate(none, 2, 3).columns == std::vector<std::size_t>{0, 1, 2}));
        const std::vector<double> some{0, 0, 0, 1, 2, 0, 2, 1, 0};
        QCOMPARE(seriate(some, 3, 3).rows.back(), std::size_t(0));
        QCOMPARE(seriate(some, 3, 3).columns.back(), std::size_t(2));
    }

    void colourLimitsHoldWhatTheLookSays()
    {
        const MapFixture f;
        const auto scaleOf = [&](const char* chart, std::map<std::string, std::string> options, Look look) {
            return (*drawnChart(chart, f.study, options, look))->picture()->key->scale;
        };
        Look look;
        const ColourScale all = scaleOf("load", {{"metric", "share"}}, look);
        look.percentile = 80;
        const ColourScale most = scaleOf("load", {{"metric", "share"}}, look);
        QVERIFY(most.high < all.high);
        look.percentile = 100;
        QCOMPARE(scaleOf("load", {{"metric", "share"}}, look).high, all.high);
        // Held limits stay, whatever is drawn.
        look.limits = {1.0, 7.5};
        QCOMPARE(scaleOf("load", {{"metric", "share"}}, look).high, 7.5);
        QCOMPARE(scaleOf("coactivation", {}, look).low, 1.0);
        // Of colours without a neutral middle the whole range is used.
        look = {};
        look.colours = "cividis";
        look.scale = ScaleKind::Log2;
        const ColourScale log = scaleOf("load", {{"metric", "share"}}, look);
        QVERIFY(log.low >= 0.05 && log.high > 5 && log.low * log.high > 1.5);
        look = {};
        const ColourScale difference = scaleOf("risk_difference", {}, look);
        QCOMPARE(difference.low, -difference.high);
        QVERIFY(difference.table.diverging);
        look.scale = ScaleKind::Log2;
        QVERIFY(!drawnChart("risk_difference", f.study, {}, look));
    }
};

EXPERTSCOPE_TEST(TestMaps)
#include "tst_maps.moc"
