// SPDX-License-Identifier: GPL-3.0-or-later
//
// Charts of simulations tell the truth: their numbers are the rows of the simulation itself, asked for apart from them.
#include "analysis/what_if/cache_phases.h"
#include "analysis/what_if/placement.h"
#include "analysis/what_if/reroute.h"
#include "analysis/what_if/topk.h"
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/views/charts/chart_table.h"
#include "tests/views/load_fixture.h"

#include <QTest>

#include <algorithm>
#include <functional>
#include <numeric>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

struct SimulationFixture
{
    std::shared_ptr<MemoryTrace> trace = scoredTrace();
    Study study = studyOf({trace.get()});

    Results cache(const CacheOptions& options) const
    {
        const CacheQuestion question = checkCaches(options).value();
        return resultsOf(question, simulateCaches(study, 0, question).value());
    }
    ChartTable table(const std::string& chart, const std::map<std::string, std::string>& options = {}) const
    {
        return tableOfChart(chart, study, options);
    }
    QString error(const std::string& chart, const std::map<std::string, std::string>& options) const
    {
        const auto drawn = drawnChart(chart, study, options);
        return drawn ? QString("drawn") : QString::fromStdString(drawn.error().message());
    }
};

bool has(const ResultRow& row, const std::string& param, const std::string& value)
{
    const auto found = row.params.find(param);
    if (found == row.params.end())
        return value.empty();
    if (const auto* text = std::get_if<std::string>(&found->second))
        return *text == value;
    return !value.empty() && std::abs(std::get<double>(found->second) - std::stod(value)) < 1e-12;
}

using Matches = std::function<bool(const ResultRow&)>;
std::optional<double> valueOf(const Results& results, const std::string& metric, const Matches& matches)
{
    const auto found =
        std::ranges::find_if(results.rows, [&](const ResultRow& row) { return row.metric == metric && matches(row); });
    return found == results.rows.end() ? std::nullopt : found->value;
}

}

class TestSimulations : public QObject
{
    Q_OBJECT

private slots:
    void cacheMap()
    {
        const SimulationFixture f;
        CacheOptions options;
        options.policies = "lfu";
        options.capacities = "1-32";
        options.quotas = true;
        const Results results = f.cache(options);
        const ChartTable table =
            f.table("cache_map", {{"policy", "lfu"}, {"capacity", "1-32"}, {"quotas", "yes"}, {"measure", "gain"}});
        QCOMPARE(table.size(), std::size_t(6 * 32));
        for (std::size_t i = 0; i < table.size(); ++i) {
            const auto here = [&](const ResultRow& row) {
                return row.site && row.site->value == table.number(i, "site")
                    && has(row, "capacity", table.text(i, "capacity"));
            };
            const double rate = valueOf(results, "cache.hit_rate", here).value();
            QVERIFY(alike(table.number(i, "hit_rate"), rate));
            QVERIFY(alike(table.number(i, "value"), 100 * (rate - table.number(i, "capacity") / 32)));
            QVERIFY(alike(table.number(i, "best_slots"), valueOf(results, "cache.quota", here).value()));
        }
        QVERIFY(f.error("cache_map", {{"policy", "opt"}, {"measure", "gain"}}).contains("policy=opt"));
        QVERIFY2(f.error("cache_map", {{"capacity", "many"}}).contains("capacity"),
            qPrintable(f.error("cache_map", {{"capacity", "many"}})));
    }

    void cacheResidency_data()
    {
        QTest::addColumn<QString>("measure");
        QTest::addColumn<QString>("metric");
        QTest::newRow("residency") << "residency" << "cache.residency";
        QTest::newRow("hit_rate") << "hit_rate" << "cache.expert_hit_rate";
        QTest::newRow("loads") << "loads" << "cache.loads";
        QTest::newRow("stay") << "stay" << "cache.stay";
    }
    void cacheResidency()
    {
        QFETCH(QString, measure);
        QFETCH(QString, metric);
        const SimulationFixture f;
        CacheOptions options;
        options.policies = "fifo";
        options.capacities = "5";
        options.byExpert = true;
        const Results results = f.cache(options);
        const ChartTable table =
            f.table("cache_residency", {{"policy", "fifo"}, {"capacity", "5"}, {"measure", measure.toStdString()}});
        QVERIFY(table.size() > 6 * 28); // some are never asked for
        const bool share = measure == "residency" || measure == "hit_rate";
        for (std::size_t i = 0; i < table.size(); ++i) {
            const auto value = valueOf(results, metric.toStdString(), [&](const ResultRow& row) {
                return row.site && row.site->value == table.number(i, "site") && row.expert->value == table.number(i, "expert");
            });
            QVERIFY(alike(table.number(i, "value"), value.value() * (share ? 100 : 1)));
        }
        QVERIFY(f.error("cache_residency", {{"capacity", "4/8"}}).contains("capacity"));
        QVERIFY(!f.error("cache_residency", {{"capacity", "4/8"}}).contains("--"));
    }

    /// Against LRU as a list of the recorded choices.
    void cacheTimeline()
    {
        const SimulationFixture f;
        const ChartTable table = f.table("cache_timeline",
            {{"site", "3"}, {"capacity", "6"}, {"sequence", "1"}, {"from", "5"}, {"tokens", "20"}});
        const RoutingShape& shape = f.study.shape(0);
        const std::size_t K = shape.numSlots, first = shape.sequences[1].begin.value + 5;
        std::vector<std::uint16_t> queue;
        std::map<std::pair<std::size_t, std::size_t>, std::string> fates; // token, expert
        for (std::size_t t = 0; t < first + 20; ++t) {
            const std::span<const std::uint16_t> chosen(f.trace->ids[3].data() + t * K, K);
            const auto old = queue;
            std::vector<std::uint16_t> now(queue);
            for (auto e = chosen.rbegin(); e != chosen.rend(); ++e) {
                std::erase(now, *e);
                now.push_back(*e);
            }
            while (now.size() > 6)
                now.erase(now.begin());
            for (std::uint16_t e = 0; e < 32 && t >= first; ++e) {
                const bool before = std::ranges::find(old, e) != old.end(), after = std::ranges::find(now, e) != now.end();
                const bool asked = std::ranges::find(chosen, e) != chosen.end();
                if (asked || before)
                    fates[{t, e}] = asked ? (before ? "hit" : "loaded") : after ? "resident" : "evicted";
            }
            queue = now;
        }
        QCOMPARE(table.size(), fates.size());
        for (std::size_t i = 0; i < table.size(); ++i)
            QCOMPARE(table.text(i, "fate"), fates.at({std::size_t(table.number(i, "token")), std::size_t(table.number(i, "expert"))}));
        QVERIFY(f.error("cache_timeline", {{"capacity", "4/8"}}).contains("capacity"));
        QVERIFY(f.error("cache_timeline", {{"policy", "static"}}).contains("static"));
    }

    void bothOptimaAndABudget()
    {
        const SimulationFixture f;
        CacheOptions options;
        options.policies = "opt";
        options.admission = "bypass";
        const Results results = f.cache(options);
        const auto chart =
            *drawnChart("cache_curves", f.study, {{"policy", "lru/opt"}, {"optimum", "both"}, {"budget", "1MiB"}});
        const QByteArray csv = chart->csv();
        std::size_t found = 0;
        for (const QByteArray& line : csv.split('\n')) {
            if (!line.startsWith("\"opt, bypass\","))
                continue;
            const auto fields = line.mid(14).split(',');
            const double rate = valueOf(results, "cache.hit_rate", [&](const ResultRow& row) {
                return !row.site && has(row, "capacity", fields[0].toStdString());
            }).value();
            QVERIFY(alike(fields[2].toDouble(), rate));
            ++found;
        }
        QCOMPARE(found, std::size_t(16));
        // 1 MiB / 6 layers / 55,296 bytes an expert: 3 slots.
        const auto& curves = std::get<Curves>(chart->picture()->panels[0].layers[0]).curves;
        QCOMPARE(curves.back().name, QString("1MiB: 3 slots"));
        QVERIFY((curves.back().x == std::vector<double>{3, 3}));
        QVERIFY(!chart->subject({0, 0, std::uint32_t(curves.size() - 1), 0}));
        QVERIFY(f.error("cache_curves", {{"budget", "much"}}).contains("budget=much"));
        QVERIFY(f.error("cache_curves", {{"budget", "1KiB"}}).contains("budget=1KiB"));
    }

    void cacheTime_data()
    {
        QTest::addColumn<QString>("quantity");
        QTest::addColumn<QString>("metric");
        QTest::addColumn<QString>("statistic");
        QTest::addColumn<double>("times");
        QTest::addRow("speed") << "tokens_per_second"
                               << "cache.tokens_per_second"
                               << "" << 1.0;
        QTest::addRow("p95") << "p95"
                             << "cache.time_between_tokens"
                             << "p95" << 1e3;
        QTest::addRow("stalls") << "stall_share"
                                << "cache.stall_share"
                                << "" << 1e2;
    }
    void cacheTime()
    {
        QFETCH(QString, quantity);
        QFETCH(QString, metric);
        QFETCH(QString, statistic);
        QFETCH(double, times);
        const SimulationFixture f;
        CacheOptions options;
        options.policies = "lru,opt";
        options.time.hardware = "server-h100";
        const Results results = f.cache(options);
        const ChartTable table =
            f.table("cache_time", {{"quantity", quantity.toStdString()}, {"hardware", "server-h100"}});
        QCOMPARE(table.size(), std::size_t(2 * 16));
        for (std::size_t i = 0; i < table.size(); ++i) {
            const double value = valueOf(results, metric.toStdString(), [&](const ResultRow& row) {
                return !row.site && has(row, "policy", table.text(i, "policy"))
                    && has(row, "capacity", table.text(i, "capacity"))
                    && has(row, "statistic", statistic.toStdString());
            }).value();
            QVERIFY(alike(table.number(i, "value"), times * value));
            // 3 matrices of 192 x 48 in two bytes, of six layers.
            QCOMPARE(table.number(i, "memory_bytes"), table.number(i, "capacity") * 6 * 3 * 192 * 48 * 2);
        }
        const auto chart = *drawnChart("cache_time", f.study, {{"hardware", "phone"}});
        QVERIFY(chart->picture()->panels[0].y.title.startsWith("Modelled"));
        QCOMPARE(chart->picture()->note, QString("Modelled for phone"));
    }

    void prefetching()
    {
        const SimulationFixture f;
        CacheOptions options;
        options.policies = "lru";
        options.prefetch = {"previous:horizon=2,transition:horizon=2"};
        const Results results = f.cache(options);
        const std::map<std::string, std::string> asked{{"predictor", "previous/transition"}, {"horizon", "2"}};
        auto of = asked;
        of["quantity"] = "recall";
        const ChartTable recall = f.table("prefetch", of);
        QCOMPARE(recall.size(), std::size_t(2 * 6));
        for (std::size_t i = 0; i < recall.size(); ++i) {
            const auto value = valueOf(results, "prefetch.recall", [&](const ResultRow& row) {
                return row.site && row.site->value == recall.number(i, "site")
                    && has(row, "prefetch", recall.text(i, "predictor") + ":horizon=2");
            });
            QVERIFY(alike(recall.number(i, "value"), value ? 100 * *value : std::nan("")));
        }
        of["quantity"] = "wasted_loads";
        const ChartTable wasted = f.table("prefetch", of);
        QCOMPARE(wasted.size(), std::size_t(3 * 16)); // and without prefetches
        for (std::size_t i = 0; i < wasted.size(); ++i) {
            const std::string name = wasted.text(i, "predictor");
            const auto value = valueOf(results, "prefetch.wasted_loads_per_token", [&](const ResultRow& row) {
                return !row.site && has(row, "capacity", wasted.text(i, "capacity"))
                    && has(row, "prefetch", name == "none" ? name : name + ":horizon=2");
            });
            QVERIFY(value && alike(wasted.number(i, "value"), *value));
        }
    }

    void predictability()
    {
        const SimulationFixture f;
        CacheOptions options;
        options.policies = "lru";
        options.capacities = "1";
        options.prefetch = {"transition:horizon=2,n=6"};
        const Results results = f.cache(options);
        const auto matrix =
            std::ranges::find(results.matrices, std::string("prefetch.recall_at"), &ResultMatrix::metric);
        QVERIFY(matrix != results.matrices.end());
        const ChartTable table =
            f.table("predictability", {{"predictor", "transition"}, {"horizon", "2"}, {"named", "6"}});
        QCOMPARE(table.size(), std::size_t(4 * 6)); // the first two layers are out of its reach
        for (std::size_t i = 0; i < table.size(); ++i) {
            const auto row = std::size_t(table.number(i, "site")), column = std::size_t(table.number(i, "named"));
            QCOMPARE(matrix->axes[0].keys[row], table.text(i, "site"));
            QVERIFY(alike(table.number(i, "value"), 100 * matrix->values[row * 6 + column - 1]));
        }
    }

    void rerouting()
    {
        const SimulationFixture f;
        CacheOptions options;
        options.policies = "lru";
        options.capacities = "8,16";
        options.reroute = "prior:lambda=0.1/0.5,keep=1";
        const RerouteQuestion question = checkReroute(options).value();
        const Results results = resultsOf(question, simulateReroute(f.study, 0, question).value());
        const ChartTable table = f.table("reroute", {{"strength", "0.1/0.5"}, {"capacity", "8/16"}});
        QCOMPARE(table.size(), std::size_t(2 * 3)); // and as recorded
        for (std::size_t i = 0; i < table.size(); ++i) {
            const std::string rule = table.text(i, "reroute");
            const auto here = [&](const ResultRow& row) {
                return !row.site && has(row, "capacity", table.text(i, "capacity")) && has(row, "reroute", rule)
                    && has(row, "lambda", table.text(i, "strength"));
            };
            QVERIFY(alike(table.number(i, "value"), 100 * valueOf(results, "cache.hit_rate", here).value()));
            const double loss = rule == "none" ? 0 : valueOf(results, "reroute.dropped", here).value();
            QVERIFY(alike(table.number(i, "loss"), loss));
        }
        const auto plain = loadTrace();
        const auto refused = drawnChart("reroute", studyOf({plain.get()}));
        QVERIFY(!refused && refused.error().message().find("logits") != std::string::npos);
    }

    void phases()
    {
        const SimulationFixture f;
        for (Sequence& sequence : f.trace->editShape().sequences)
            sequence.promptLength = sequence.length / 3;
        const Study study = studyOf({f.trace.get()});
        CacheOptions options;
        options.policies = "lru,opt";
        options.capacities = "4,16";
        options.prefillChunk = 8;
        const CacheQuestion question = checkCaches(options).value();
        const Results results = resultsOf(question, simulatePhases(study, 0, question).value());
        for (const auto& [quantity, metric, scale] : {std::tuple{"hits", "cache.hit_rate", 100.0},
                 {"misses", "cache.misses_per_token", 1.0}}) {
            const ChartTable table = tableOfChart("cache_phases", study,
                {{"quantity", quantity}, {"policy", "lru/opt"}, {"capacity", "4/16"}, {"prefill_chunk", "8"}});
            QCOMPARE(table.size(), std::size_t(2 * 2 * 2));
            for (std::size_t i = 0; i < table.size(); ++i) {
                const double wanted = valueOf(results, metric, [&](const ResultRow& row) {
                    return !row.site && has(row, "phase", table.text(i, "phase"))
                        && has(row, "policy", table.text(i, "policy")) && has(row, "capacity", table.text(i, "capacity"));
                }).value();
                QVERIFY(alike(table.number(i, "value"), scale * wanted));
            }
        }
    }

    void fewerExperts()
    {
        const SimulationFixture f;
        TopkOptions options = standardTopk();
        const std::size_t k = f.trace->shape().numSlots;
        options.keep = "1-" + std::to_string(k);
        options.shares = "0.5,0.9";
        options.cache.capacities = "8,16";
        const Results results = resultsOf(simulateTopk(f.study, 0, checkTopk(options).value()).value());
        const auto rowOf = [](const ChartTable& table, std::size_t i) {
            return [&table, i](const ResultRow& row) {
                const std::string site = table.text(i, "site");
                return (row.site ? std::to_string(std::size_t(*row.site)) : std::string()) == site
                    && has(row, table.text(i, "cut"), table.text(i, "amount"))
                    && has(row, "capacity", table.text(i, "capacity"));
            };
        };
        const std::tuple<const char*, const char*, double> quantities[] = {{"lost", "topk.lost_weight", 100},
            {"same", "topk.same", 100}, {"experts", "topk.experts", 1}, {"probability", "topk.lost_probability", 100}};
        for (const auto& [quantity, metric, scale] : quantities) {
            const ChartTable table = f.table("fewer_experts", {{"quantity", quantity}});
            QCOMPARE(table.size(), 7 * k); // layers and all of them
            for (std::size_t i = 0; i < table.size(); ++i)
                QVERIFY(alike(table.number(i, "value"), scale * valueOf(results, metric, rowOf(table, i)).value()));
        }
        const ChartTable hits = f.table("fewer_experts", {{"quantity", "hits"}, {"capacity", "8/16"}});
        QCOMPARE(hits.size(), 2 * k);
        for (std::size_t i = 0; i < hits.size(); ++i)
            QVERIFY(alike(hits.number(i, "value"), 100 * valueOf(results, "cache.hit_rate", rowOf(hits, i)).value()));
        const ChartTable shares = f.table("fewer_experts", {{"over", "share"}});
        std::size_t compared = 0;
        for (std::size_t i = 0; i < shares.size(); ++i) {
            if (const auto wanted = valueOf(results, "topk.lost_weight", rowOf(shares, i))) {
                QVERIFY(alike(shares.number(i, "value"), 100 * *wanted));
                ++compared;
            }
        }
        QCOMPARE(compared, std::size_t(7 * 2));
        const auto plain = loadTrace();
        const auto refused = drawnChart("fewer_experts", studyOf({plain.get()}));
        QVERIFY(!refused && refused.error().message().find("weights") != std::string::npos);
        QVERIFY(drawnChart("fewer_experts", studyOf({plain.get()}), {{"quantity", "hits"}}));
    }

    void placed()
    {
        const SimulationFixture f;
        PlacementOptions options;
        options.gpus = 4;
        options.planners = "joint";
        options.perSite = true;
        const PlacementQuestion question = checkPlacement(options).value();
        const Results results = comparePlacements(f.study, 0, question).value().comparison.results;
        const std::map<std::string, std::string> asked{{"gpus", "4"}, {"planner", "joint"}};
        const ChartTable load = f.table("placement", asked);
        QCOMPARE(load.size(), std::size_t(6 * 4));
        for (std::size_t s = 0; s < 6; ++s) {
            double sum = 0, most = 0;
            for (std::size_t g = 0; g < 4; ++g) {
                sum += load.number(s * 4 + g, "value");
                most = std::max(most, load.number(s * 4 + g, "value"));
            }
            QVERIFY(std::abs(sum - 4) < 1e-7);
            const double wanted = valueOf(results, "placement.max_over_mean", [&](const ResultRow& row) {
                return row.site == SiteIndex(std::uint16_t(s)) && has(row, "window", "all");
            }).value();
            QVERIFY(alike(most, wanted) && alike(load.number(s * 4, "max_over_mean"), wanted));
        }
        // All that is sent is what the simulation says is sent.
        auto of = asked;
        of["measure"] = "traffic";
        for (const std::string home : {"token", "sequence"}) {
            of["home"] = home;
            options.home = home;
            const PlacementQuestion again = checkPlacement(options).value();
            const Results rows = comparePlacements(f.study, 0, again).value().comparison.results;
            const ChartTable traffic = f.table("placement", of);
            double bytes = 0;
            for (std::size_t i = 0; i < traffic.size(); ++i)
                bytes += traffic.number(i, "value");
            const double wanted = valueOf(rows, "placement.dispatch_bytes", [&](const ResultRow& row) {
                return has(row, "between", "gpus") && has(row, "dedup", "yes");
            }).value();
            QVERIFY2(std::abs(bytes - wanted) < 1e-6 * wanted, qPrintable(QString("%1 %2").arg(bytes).arg(wanted)));
        }
        QVERIFY(f.error("placement", {{"gpus", "3"}, {"nodes", "2"}}).contains("gpus=3, nodes=2"));
        QVERIFY(f.error("placement", {{"gpus", "1"}, {"measure", "traffic"}}).contains("sends to nobody"));
    }
};

EXPERTSCOPE_TEST(TestSimulations)
#include "tst_simulations.moc"
