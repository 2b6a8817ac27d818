// SPDX-License-Identifier: GPL-3.0-or-later
//
// Results arranged for a reader: what stands side by side, what tells lines apart, what long tables keep.
#include "analysis/results/layout.h"
#include "analysis/results/number_format.h"
#include "tests/support/test_main.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::results;

class TestResultLayout : public QObject
{
    Q_OBJECT
private slots:
    void layoutOfKeys()
    {
        Results results;
        const auto add = [&](const char* metric, int site, double m, double value, std::uint64_t n,
                             std::map<std::string, std::string> other = {}) {
            ResultRow row;
            row.metric = metric;
            if (site >= 0)
                row.site = SiteIndex(std::uint16_t(site));
            else
                row.params["sites"] = 2.0;
            row.params["m"] = m;
            row.params["rho"] = 2.0;
            row.value = value;
            row.n = n;
            row.other = std::move(other);
            results.rows.push_back(row);
        };
        for (const int site : {0, 1, -1}) {
            for (const double m : {4.0, 16.0}) {
                add("f.value", site, m, site + m, 10, {{"experts", "3 1"}});
                add("f.count", site, m, 3, 20, {{"experts", site < 0 ? "9" : "2"}});
            }
        }
        const ResultLayout layout = layOut(results, {});
        QCOMPARE(layout.families.size(), 1u);
        QCOMPARE(layout.families[0].tables.size(), 1u);
        const ResultTable& table = layout.families[0].tables[0];
        QCOMPARE(table.constants, (NamedValues{{"rho", "2"}}));
        QStringList headers;
        for (const auto& column : table.columns)
            headers << QString::fromStdString(column.header);
        QCOMPARE(headers, (QStringList{"m", "site", "n", "value", "experts", "n", "count", "experts"}));
        QCOMPARE(table.lines.size(), 6u);
        QCOMPARE(table.lines[0], (std::vector<std::string>{"4", "0", "10", "4", "3 1", "20", "3", "2"}));
        QCOMPARE(table.lines[5], (std::vector<std::string>{"16", "mean", "10", "15", "3 1", "20", "3", "9"}));
    }

    /// Where layers are other numbers than sites they stand beside both sites of a pair.
    void layersOfPairs()
    {
        Results results;
        const auto add = [&](int site, int to, double value) {
            ResultRow& row = results.rows.emplace_back();
            row.metric = "f.value";
            row.site = SiteIndex(std::uint16_t(site));
            row.other = {{"to_site", std::to_string(to)}};
            row.value = value;
        };
        const auto tableOf = [&](std::vector<std::uint16_t> layers) {
            LayoutOptions options;
            options.layers = std::move(layers);
            const ResultLayout layout = layOut(results, options);
            std::vector<std::vector<std::string>> lines = layout.families.at(0).tables.at(0).lines;
            std::vector<std::string>& head = *lines.insert(lines.begin(), std::vector<std::string>());
            for (const auto& column : layout.families[0].tables[0].columns)
                head.push_back(column.header);
            return lines;
        };
        using Lines = std::vector<std::vector<std::string>>;
        // One pair a site: the second one goes along with the value.
        add(0, 1, 1);
        add(1, 2, 2);
        QCOMPARE(tableOf({0, 1, 2}), (Lines{{"site", "to_site", "n", "value"}, {"0", "1", "0", "1"}, {"1", "2", "0", "2"}}));
        QCOMPARE(tableOf({3, 4, 61}), (Lines{{"site", "layer", "to_site", "to_layer", "n", "value"},
                                          {"0", "3", "1", "4", "0", "1"}, {"1", "4", "2", "61", "0", "2"}}));
        // Several: it tells the lines apart.
        add(0, 2, 3);
        QCOMPARE(tableOf({3, 4, 61}),
            (Lines{{"to_site", "to_layer", "site", "layer", "n", "value"}, {"1", "4", "0", "3", "0", "1"},
                {"2", "61", "0", "3", "0", "3"}, {"2", "61", "1", "4", "0", "2"}}));
    }

    /// A measure of experts that is also one of sites and of the model, as srp.value is; one with a payload that the
    /// mean lacks, as coactivation.max has.
    void layoutOfMixedMeasures()
    {
        Results results;
        for (const int site : {0, 1, -1}) {
            for (const int expert : {-1, 0, 1, 2, 3}) {
                ResultRow row;
                row.metric = "f.value";
                if (site >= 0)
                    row.site = SiteIndex(std::uint16_t(site));
                else if (expert >= 0)
                    continue;
                if (expert >= 0)
                    row.expert = ExpertIndex(std::uint16_t(expert));
                row.value = 10 * site + expert;
                results.rows.push_back(row);
            }
            ResultRow most;
            most.metric = "f.max";
            most.params["batch"] = 4.0; // of this measure alone, and always the same
            most.value = site;
            if (site >= 0) {
                most.site = SiteIndex(std::uint16_t(site));
                most.expert = ExpertIndex(7);
                most.other = {{"with", std::to_string(site + 5)}};
            }
            results.rows.push_back(most);
        }
        const ResultLayout layout = layOut(results, {});
        QCOMPARE(layout.families.at(0).tables.size(), 2u);
        const ResultTable &scalars = layout.families[0].tables[0], &experts = layout.families[0].tables[1];
        QCOMPARE(scalars.constants, (NamedValues{{"batch", "4"}}));
        QCOMPARE(scalars.lines,
            (std::vector<std::vector<std::string>>{
                {"0", "0", "-1", "0 E7", "5"}, {"1", "0", "9", "1 E7", "6"}, {"all", "0", "-11", "-1", ""}}));
        QCOMPARE(experts.lines.size(), 2u);
        QVERIFY(experts.title.find("the ends of 4 experts") != std::string::npos);
        QCOMPARE(experts.lines[1][2], std::string("E3 13"));
    }

    void layoutShortensLongTables()
    {
        Results results;
        for (const char* label : {"", "a", "b", "c", "d", "e"}) {
            for (int site = -1; site < 20; ++site) {
                ResultRow row;
                row.metric = "f.value";
                if (*label)
                    row.label = {"language", label};
                if (site >= 0)
                    row.site = SiteIndex(std::uint16_t(site));
                row.value = site;
                results.rows.push_back(row);
            }
        }
        ResultRow missing;
        missing.metric = "g";
        missing.undefined = "no logits";
        results.rows.push_back(missing);
        const ResultLayout layout = layOut(results, {});
        const ResultTable& table = layout.families.at(0).tables.at(0);
        QCOMPARE(table.lines.size(), 6u); // the whole model, of all sequences and of each value
        QCOMPARE(table.hiddenLines, 20u * 6);
        LayoutOptions everything;
        everything.everything = true;
        QCOMPARE(layOut(results, everything).families[0].tables[0].lines.size(), 21u * 6);
        QCOMPARE(layout.notComputed.size(), 1u);
        QCOMPARE(layout.notComputed[0].second, std::vector<std::string>{"g"});
    }

    /// Where no line is of the whole model those stay that are farthest from uniform, in their order.
    void layoutKeepsWhatSaysMost()
    {
        Results results;
        for (int site = 0; site < 100; ++site) {
            ResultRow row;
            row.metric = "f.value";
            row.unit = "tokens";
            row.site = SiteIndex(std::uint16_t(site));
            row.uniform = 50;
            row.value = site;
            results.rows.push_back(row);
        }
        LayoutOptions options;
        options.definitionOf = [](const std::string& family) { return "what " + family + " is"; };
        const ResultLayout layout = layOut(results, options);
        const ResultFamily& family = layout.families.at(0);
        QCOMPARE(family.definition, std::string("what f is"));
        const ResultTable& table = family.tables.at(0);
        QCOMPARE(table.lines.size(), 24u);
        QCOMPARE(table.hiddenLines, 76u);
        QCOMPARE(table.columns[2].header, std::string("value [tokens]"));
        QStringList sites;
        for (const auto& cells : table.lines)
            sites << QString::fromStdString(cells[0]);
        QStringList expected;
        for (int site = 0; site < 100; ++site) {
            if (site <= 12 || site >= 89)
                expected << QString::number(site);
        }
        QCOMPARE(sites, expected);
    }

    void numbersToRead()
    {
        QCOMPARE(formatNumber(0.375, 0.5, false), std::string("0.3750"));
        QCOMPARE(formatNumber(1234567, 1234567, true), std::string("1234567"));
        QCOMPARE(formatNumber(1234.5, 1234.5, false), std::string("1234"));
        QCOMPARE(formatNumber(-0.00001, 1, false), std::string("0.000"));
    }
};

EXPERTSCOPE_TEST(TestResultLayout)
#include "tst_result_layout.moc"
