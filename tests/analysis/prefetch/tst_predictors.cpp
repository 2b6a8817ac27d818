// SPDX-License-Identifier: GPL-3.0-or-later
//
// Predictors against restatements from their definitions, in floating point and without any of their tables.
#include "analysis/prefetch/compare.h"
#include "analysis/prefetch/scores.h"
#include "naive_prefetch.h"
#include "tests/support/test_main.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

using Sets = std::vector<std::vector<std::vector<std::uint32_t>>>; ///< [step][site] experts

Sets setsOf(const Walk& walk)
{
    Sets sets(walk.numSteps());
    for (std::uint64_t step = 0; step < walk.numSteps(); ++step) {
        for (std::size_t site = 0; site < walk.numSites(); ++site) {
            auto& set = sets[step].emplace_back();
            for (const std::uint32_t object : walk.event(step, site))
                set.push_back(object - walk.place(site).firstObject);
        }
    }
    return sets;
}

/// The n with the largest scores, larger first, then by id; scores that differ by less than 1e-9 are equal.
std::vector<std::uint32_t> best(const std::vector<double>& scores, std::size_t n)
{
    std::vector<std::uint32_t> ids(scores.size());
    std::iota(ids.begin(), ids.end(), 0u);
    std::ranges::stable_sort(ids, [&](auto a, auto b) { return scores[a] > scores[b] + 1e-9; });
    ids.resize(std::min(n, ids.size()));
    return ids;
}

struct Half
{
    std::uint64_t begin, end;
};

class NaivePredictor
{
public:
    NaivePredictor(const Walk& walk, std::string name, bool hindsight, std::size_t library, std::size_t horizon)
        : m_walk(walk)
        , m_sets(setsOf(walk))
        , m_name(std::move(name))
        , m_hindsight(hindsight)
        , m_library(library)
        , m_horizon(horizon)
    {
        for (std::uint64_t step = 0; step < walk.numSteps(); ++step) {
            const std::uint64_t T = walk.numSteps();
            if (isStart(step)
                && (m_middle == UINT64_MAX
                    || std::abs(double(step) - double(T / 2)) < std::abs(double(m_middle) - double(T / 2))))
                m_middle = step;
        }
        if (m_middle == 0 || m_middle == UINT64_MAX)
            m_middle = walk.numSteps() / 2;
    }
    bool isStart(std::uint64_t step) const
    {
        return std::ranges::find(m_walk.sequenceStarts(), step) != m_walk.sequenceStarts().end();
    }

    std::optional<std::vector<std::uint32_t>> of(std::uint64_t step, std::size_t site, std::size_t n) const
    {
        const std::size_t L = m_walk.numSites();
        const std::uint64_t event = step * L + site;
        if (event < m_horizon)
            return {};
        const std::uint64_t known = event - m_horizon; // the last event whose set is known
        const Half half = m_hindsight ? Half{0, m_walk.numSteps()}
            : step < m_middle         ? Half{m_middle, m_walk.numSteps()}
                                      : Half{0, m_middle};
        std::vector<double> scores(m_walk.place(site).numExperts);
        if (m_name == "previous") {
            if (step == 0 || isStart(step))
                return {};
            auto set = m_sets[step - 1][site];
            set.resize(std::min(n, set.size()));
            return set;
        }
        if (m_name == "static") {
            for (std::uint64_t t = half.begin; t < half.end; ++t) {
                for (const std::uint32_t e : m_sets[t][site])
                    ++scores[e];
            }
            return best(scores, n);
        }
        if (m_name == "transition") {
            if (site < m_horizon || m_sets[step][site - m_horizon].empty())
                return {};
            for (const std::uint32_t i : m_sets[step][site - m_horizon]) {
                std::vector<double> both(scores.size());
                double tokens = 0;
                for (std::uint64_t t = half.begin; t < half.end; ++t) {
                    const auto &from = m_sets[t][site - m_horizon], &to = m_sets[t][site];
                    if (to.empty() || std::ranges::find(from, i) == from.end())
                        continue;
                    ++tokens;
                    for (const std::uint32_t j : to)
                        ++both[j];
                }
                for (std::size_t j = 0; j < scores.size() && tokens > 0; ++j)
                    scores[j] += both[j] / tokens;
            }
            return best(scores, n);
        }
        return eam(half, step, site, known, n);
    }

private:
    using Matrix = std::vector<std::vector<double>>; ///< [site][expert]
    Matrix matrix(std::uint64_t begin, std::uint64_t endEvent) const
    {
        Matrix counts;
        for (std::size_t site = 0; site < m_walk.numSites(); ++site)
            counts.emplace_back(m_walk.place(site).numExperts);
        for (std::uint64_t event = begin * m_walk.numSites(); event < endEvent; ++event) {
            for (const std::uint32_t e : m_sets[event / m_walk.numSites()][event % m_walk.numSites()])
                ++counts[event % m_walk.numSites()][e];
        }
        return counts;
    }
    std::optional<std::vector<std::uint32_t>> eam(
        const Half& half, std::uint64_t step, std::size_t site, std::uint64_t known, std::size_t n) const
    {
        const std::size_t L = m_walk.numSites();
        std::uint64_t start = 0, knownStart = 0;
        for (std::uint64_t s = 0; s <= step; ++s)
            start = isStart(s) ? s : start;
        for (std::uint64_t s = 0; s <= known / L; ++s)
            knownStart = isStart(s) ? s : knownStart;
        if (start != knownStart)
            return {}; // another sequence
        const Matrix now = matrix(start, known + 1);
        bool any = false;
        for (const auto& row : now)
            any |= std::ranges::any_of(row, [](double count) { return count > 0; });
        std::vector<Matrix> stored;
        for (std::uint64_t s = half.begin; s < half.end && stored.size() < m_library;) {
            std::uint64_t end = s + 1;
            while (end < half.end && !isStart(end))
                ++end;
            stored.push_back(matrix(s, end * L));
            s = end;
        }
        if (!any || stored.empty())
            return {};
        std::vector<double> closeness;
        for (const Matrix& other : stored) {
            double sum = 0;
            for (std::size_t l = 0; l < L; ++l) {
                double dot = 0, a = 0, b = 0;
                for (std::size_t e = 0; e < now[l].size(); ++e) {
                    dot += now[l][e] * other[l][e];
                    a += now[l][e] * now[l][e];
                    b += other[l][e] * other[l][e];
                }
                sum += a > 0 && b > 0 ? dot / std::sqrt(a) / std::sqrt(b) : 0;
            }
            closeness.push_back(sum);
        }
        return best(stored[best(closeness, 1)[0]][site], n);
    }

    const Walk& m_walk;
    const Sets m_sets;
    const std::string m_name;
    const bool m_hindsight;
    const std::size_t m_library, m_horizon;
    std::uint64_t m_middle = UINT64_MAX;
};

Predictions predictions(const Walk& walk, const PredictorRequest& request)
{
    auto all = predict(walk, request);
    if (!all)
        throw std::runtime_error(all.error().message());
    return std::move(*all);
}

}

class TestPredictors : public QObject
{
    Q_OBJECT

private slots:
    void agree_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("hindsight");
        for (const char* name : {"previous", "static", "transition", "eam"}) {
            QTest::newRow(name) << name << false;
            if (name != std::string("previous"))
                QTest::newRow((std::string(name) + " hindsight").c_str()) << name << true;
        }
    }
    void agree()
    {
        QFETCH(const QString, name);
        QFETCH(const bool, hindsight);
        std::uint64_t reached = 0, unreached = 0;
        for (std::uint64_t seed = 0; seed < 60; ++seed) {
            const std::size_t sites = 1 + seed % 4;
            const auto experts = std::uint32_t(3 + seed % 5);
            const EventSet events =
                poolsOf(randomStream(seed, sites, experts, 24, std::uint32_t(seed % 2), 3), 1 + seed % 2);
            const Walk walk(events);
            PredictorRequest request{name.toStdString(), {}, {}};
            request.options.horizon = std::uint32_t(1 + seed / 4 % sites);
            request.options.n = std::uint32_t(1 + seed % experts);
            if (hindsight)
                request.params["learn"] = "all";
            const std::size_t library = name == "eam" ? 1 + seed % 4 : 0;
            if (library)
                request.params["library"] = std::to_string(library);
            const Predictions all = predictions(walk, request);
            const NaivePredictor naive(walk, name.toStdString(), hindsight, library, request.options.horizon);
            for (std::uint64_t event = 0; event < walk.numEvents(); ++event) {
                const std::size_t site = event % sites;
                const auto expected = naive.of(event / sites, site, request.options.n);
                QCOMPARE(all.reached[event] != 0, expected.has_value());
                std::vector<std::uint32_t> named;
                for (const std::uint32_t object : all.of(event))
                    named.push_back(object - walk.place(site).firstObject);
                if (expected)
                    QCOMPARE(named, *expected);
                ++(expected ? reached : unreached);
            }
        }
        QVERIFY(reached > 500 && unreached > 50);
    }

    // Each expert is named with that probability, all named differ, and nothing depends on the horizon.
    void oracle()
    {
        const EventSet events = poolsOf(randomStream(4, 3, 20, 4000, 1, 5), 1);
        const Walk walk(events);
        for (const double recall : {0.0, 0.3, 0.8, 1.0}) {
            PredictorRequest request{"oracle", {{"recall", std::to_string(recall)}}, {.horizon = 2, .n = 5}};
            const Predictions all = predictions(walk, request);
            PredictionScore score;
            for (const PredictionScore& site : scorePredictions(walk, all))
                score += site;
            const double requests = double(score.requests), deviation = std::sqrt(recall * (1 - recall) * requests);
            QVERIFY(std::abs(double(score.shared) - recall * requests) <= 4 * deviation);
            QCOMPARE(score.named, score.requests);
            QCOMPARE(score.unreached, 2u);
            for (std::uint64_t event = 0; event < walk.numEvents(); ++event) {
                const auto named = all.of(event);
                const std::set<std::uint32_t> different(named.begin(), named.end());
                QCOMPARE(different.size(), named.size());
            }
            request.options.horizon = 1;
            const Predictions sooner = predictions(walk, request);
            for (std::uint64_t event = 2; event < walk.numEvents(); ++event)
                QVERIFY(std::ranges::equal(all.of(event), sooner.of(event)));
            request.options.seed = 2;
            QVERIFY(recall == 0 || recall == 1 || predictions(walk, request).objects != sooner.objects);
        }
    }

    // By hand: 2 sites of 4 experts; site 0 {0,1}, {2}; site 1 {3}, {} ; named: {1,2} of all but the first event.
    void scores()
    {
        const EventSet events = poolsOf(streamOf(2, 4, {{0, 1}, {3}, {2}, {}, {1, 2}, {1}}), 1);
        const Walk walk(events);
        Predictions all;
        all.sizes = {2, 2};
        all.objects = {1, 2, 1, 2, 1, 2, 1, 2, 1, 2};
        all.ends = {0, 2, 4, 6, 8, 10};
        all.reached = {0, 1, 1, 1, 1, 1};
        const auto sites = scorePredictions(walk, all);
        QCOMPARE(sites[0].unreached, 1u);
        QCOMPARE(sites[0].events, 2u); // {2}, {1,2}
        QCOMPARE(sites[0].requests, 3u);
        QCOMPARE(sites[0].named, 4u);
        QCOMPARE(sites[0].shared, 3u);
        QCOMPARE(sites[0].exact, 1u);
        QCOMPARE(sites[0].byChance, 2 * 1 / 4. + 2 * 2 / 4.);
        QCOMPARE(sites[0].sharedAt, (std::vector<std::uint64_t>{1, 3}));
        QCOMPARE(sites[1].events, 2u); // the empty one counts nowhere
        QCOMPARE(sites[1].unreached, 0u);
        QCOMPARE(sites[1].shared, 1u);
        PredictionScore sum = sites[0];
        sum += sites[1];
        QCOMPARE(sum.sharedAt, (std::vector<std::uint64_t>{2, 4}));
        QCOMPARE(scorePredictions(walk, all, 2)[0].events, 1u);
    }

    void sizes()
    {
        const EventSet events = poolsOf(streamOf(2, 4, {{0, 1}, {3}, {2, 1, 0}, {}, {1, 2}, {1}}), 1);
        const Predictions all = predictions(Walk(events), {"static", {}, {}});
        QCOMPARE(all.sizes, (std::vector<std::uint32_t>{2, 1})); // means 7/3 and 2/3
    }

    void breakEven()
    {
        PrefetchCounters without, with;
        without.cache.requests = with.cache.requests = 100;
        without.cache.hits = 40; // 60 loads
        with.cache.hits = 70; // 30 loads and 50 prefetches: 20 more
        with.issued = 50;
        const auto bandwidth = breakEvenBandwidth(without, with, 1e6, 0.5);
        QCOMPARE(*bandwidth, 20 * 1e6 / 0.5);
        // There the two take the same time, as level 1 has it: computing, loads, prefetches that do not fit.
        const double load = 1e6 / *bandwidth;
        QCOMPARE(0.5 + 60 * load, 0.5 + 30 * load + std::max(0.0, 50 * load - 0.5));
        with.issued = 30;
        QCOMPARE(*breakEvenBandwidth(without, with, 1e6, 0.5), 0.0);
        with.cache.hits = 40;
        QVERIFY(!breakEvenBandwidth(without, with, 1e6, 0.5));
    }

    void compared()
    {
        const EventSet events = poolsOf(randomStream(9, 3, 8, 200, 2, 3), 1);
        const Walk walk(events);
        const QueueTimes times{.latency = 1, .transfer = 9, .dense = {4, 0}, .expert = {1, 0}, .cpu = {}};
        const std::vector<PrefetchSetup> setups{
            {.predictor = {"previous", {}, {}}}, {.predictor = {"oracle", {}, {}}, .budget = 1}};
        const auto one = comparePrefetch(walk, {}, {{"lru"}, {"fifo"}}, {3, 5}, setups, times, 1);
        const auto two = comparePrefetch(walk, {}, {{"lru"}, {"fifo"}}, {3, 5}, setups, times, 2);
        QVERIFY(one && two);
        for (std::size_t p = 0; p < 2; ++p) {
            for (std::size_t c = 0; c < 2; ++c) {
                for (std::size_t s = 0; s < 3; ++s)
                    QVERIFY(one->points[p][c][s].sites == two->points[p][c][s].sites);
                const PrefetchPoint& none = one->points[p][c][0];
                QCOMPARE(none.total.issued, 0u);
                QCOMPARE(none.times->steps, 200u);
                const double computing = 600 * 4. + double(events.requests); // ps
                QVERIFY(std::abs(none.times->total * 1e12 - computing - double(none.total.stall)) < 1e-3);
                QVERIFY(none.times->p50 <= none.times->p95 && none.times->p95 <= none.times->p99);
                QCOMPARE(computeSeconds(walk, times, 0), computing * 1e-12);
                QVERIFY(one->points[p][c][2].times->total < none.times->total);
            }
        }
        QVERIFY(!comparePrefetch(walk, {}, {{"static"}}, {3}, setups, times, 1));
        QCOMPARE(comparePrefetch(walk, {}, {{"lru"}}, {3}, setups, times, 1, [](double) { return false; }).error().what,
            std::string(kCancelled));
    }

    void errors()
    {
        const EventSet events = poolsOf(randomStream(1, 2, 4, 9, 1, 2), 1);
        const Walk walk(events);
        QVERIFY(predict(walk, {"nobody", {}, {}}).error().message().find("transition") != std::string::npos);
        QVERIFY(
            predict(walk, {"recorded", {}, {}}).error().message().find("no recorded predictions") != std::string::npos);
        QVERIFY(!predict(walk, {"oracle", {{"recall", "1.1"}}, {}}));
        QVERIFY(!predict(walk, {"static", {{"learn", "none"}}, {}}));
        QVERIFY(!predict(walk, {"previous", {}, {.horizon = 0}}));
        QVERIFY(!predict(walk, {"previous", {}, {.horizon = 3}}));
        EventSet batched = events;
        for (EventStream& pool : batched.pools)
            pool.sequenceStarts.clear();
        QVERIFY(predict(Walk(batched), {"eam", {}, {}}).error().message().find("single") != std::string::npos);
        QVERIFY(predict(Walk(batched), {"static", {}, {}}));
    }
};

EXPERTSCOPE_TEST(TestPredictors)
#include "tst_predictors.moc"
