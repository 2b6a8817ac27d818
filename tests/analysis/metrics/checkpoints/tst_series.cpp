// SPDX-License-Identifier: GPL-3.0-or-later
//
// Series of traces: goldens, closed forms, plain restatements, and what the source refuses.
#include "analysis/metrics/analyse.h"
#include "analysis/metrics/series.h"
#include "tests/support/near.h"
#include "tests/support/ragged_scores.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <set>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// A trace with token ids besides.
class WithTokenIds final : public BlockSource
{
public:
    WithTokenIds(MemoryTrace& trace, std::vector<std::int32_t> ids)
        : m_trace(trace)
        , m_shape(trace.shape())
        , m_ids(std::move(ids))
    {
        m_shape.columns.tokenIds = true;
    }
    const RoutingShape& shape() const override { return m_shape; }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override
    {
        auto block = m_trace.read(site, range, wanted, buffer);
        if (block && wanted.tokenIds)
            block->tokenIds = std::span(m_ids).subspan(std::size_t(range.begin), std::size_t(range.size()));
        return block;
    }

private:
    MemoryTrace& m_trace;
    RoutingShape m_shape;
    std::vector<std::int32_t> m_ids;
};

/// Traces of the same ragged tokens with different routing, the later the nearer to the last.
std::vector<MemoryTrace> raggedSeries(std::size_t count)
{
    std::vector<MemoryTrace> traces(count, raggedScores(5));
    const MemoryTrace final = traces.back();
    for (std::size_t c = 0; c + 1 < count; ++c) {
        for (std::size_t site = 0; site < 3; ++site) {
            const std::uint64_t E = final.shape().sites[site].numExperts;
            for (std::size_t i = 0; i < final.ids[site].size(); ++i) {
                std::uint16_t& id = traces[c].ids[site][i];
                const std::uint64_t draw = mix((c * 3 + site) * 1'000'000 + i);
                if (id == kNoExpert || draw % count <= c)
                    continue;
                id = draw % 11 == 0 ? kNoExpert : std::uint16_t(mix(draw) % E); // maybe one that is there already
            }
        }
    }
    return traces;
}

std::vector<BlockSource*> pointers(std::vector<MemoryTrace>& traces)
{
    std::vector<BlockSource*> all;
    for (MemoryTrace& trace : traces)
        all.push_back(&trace);
    return all;
}

std::vector<std::string> stepNames(std::size_t count)
{
    std::vector<std::string> names;
    for (std::size_t c = 0; c < count; ++c)
        names.push_back("step" + std::to_string(c));
    return names;
}

AnalysisRequest everySeries()
{
    AnalysisRequest request;
    request.metrics = {{"saturation"}, {"flip_rate"}, {"fluctuation"}};
    return request;
}

std::set<std::uint16_t> setOf(const MemoryTrace& trace, std::size_t site, std::size_t token)
{
    const auto chosen = plainChoices(trace, site, token);
    return {chosen.begin(), chosen.end()};
}

}

class TestSeries : public QObject
{
    Q_OBJECT
private slots:
    void goldens()
    {
        MemoryTrace U = splitmixTrace('U'), B = splitmixTrace('B'), M = splitmixTrace('M');
        const auto toM = analyseSeries(std::vector<BlockSource*>{&U, &M}, {"U", "M"}, everySeries());
        QVERIFY(near(number(*toM, "saturation.top_1", -1, {{"trace", "U"}}), .154236, 5.1e-7));
        QVERIFY(near(number(*toM, "saturation.top_k", -1, {{"trace", "U"}}), .432739, 5.1e-7));
        QVERIFY(near(number(*toM, "flip_rate.top_1", -1, {{"from", "U"}, {"to", "M"}}), 1 - .154236, 5.1e-7));
        QCOMPARE(pick(*toM, "saturation.top_k", 2, {{"trace", "U"}})->n, 4096u);
        QCOMPARE(pick(*toM, "saturation.top_k", -1, {{"trace", "U"}})->n, 4u * 4096);
        QCOMPARE(*pick(*toM, "saturation.top_k", 0, {{"trace", "U"}})->uniform, 8.0 / 64);
        QCOMPARE(*pick(*toM, "saturation.top_1", 0, {{"trace", "U"}})->uniform, 1.0 / 64);
        QCOMPARE(pick(*toM, "fluctuation", -1)->undefined,
            std::string("compares traces of the same tokens: name at least 3, the final one last"));
        const auto toB = analyseSeries(std::vector<BlockSource*>{&U, &B}, {"U", "B"}, everySeries());
        QVERIFY(near(number(*toB, "saturation.top_1", -1, {{"trace", "U"}}), .018066, 5.1e-7));
        QVERIFY(near(number(*toB, "saturation.top_k", -1, {{"trace", "U"}}), .127174, 5.1e-7));
    }

    /// Traces that are all the same; and one where half of the tokens change at known steps.
    void closedForms()
    {
        std::vector<MemoryTrace> traces(4, MemoryTrace(1, 8, 2));
        for (std::size_t c = 0; c < 4; ++c) {
            traces[c].addSequence(8);
            for (std::size_t t = 0; t < 8; ++t) // tokens 0-3 change after trace t, the others never
                traces[c].ids[0].insert(traces[c].ids[0].end(), {std::uint16_t(t < 4 && c <= t ? 7 : 1), 5});
        }
        auto sources = pointers(traces);
        const auto rows = analyseSeries(sources, stepNames(4), everySeries());
        // Token 3 is 7 in all four, so it never changes; last steps: 1, 2, 3, and 0 of five tokens.
        const double from[] = {3, 2, 1};
        for (std::size_t c = 0; c < 3; ++c) {
            const std::string name = "step" + std::to_string(c), next = "step" + std::to_string(c + 1);
            QCOMPARE(number(*rows, "fluctuation.share_from", 0, {{"trace", name}}), from[c] / 8);
            QCOMPARE(number(*rows, "saturation.top_1", 0, {{"trace", name}}), 1 - from[c] / 8);
            QCOMPARE(number(*rows, "saturation.top_k", 0, {{"trace", name}}), 1 - from[c] / 16);
            QCOMPARE(number(*rows, "flip_rate.top_1", 0, {{"from", name}, {"to", next}}), 1.0 / 8);
        }
        QCOMPARE(number(*rows, "fluctuation.mean_step", 0), (1 + 2 + 3) / 8.0 / 4);
        std::vector<MemoryTrace> same(3, splitmixTrace('U'));
        sources = pointers(same);
        const auto still = analyseSeries(sources, stepNames(3), everySeries());
        QVERIFY(!still->rows.empty());
        for (const ResultRow& row : still->rows)
            QCOMPARE(*row.value, row.metric.starts_with("saturation") ? 1.0 : 0.0);
    }

    void isItsRestatement()
    {
        constexpr std::size_t C = 4;
        std::vector<MemoryTrace> traces = raggedSeries(C);
        AnalysisRequest request = everySeries();
        request.pass.skipFirst = 1;
        request.pass.blockTokens = 19;
        const auto rows = analyseSeries(pointers(traces), stepNames(C), request);
        VERIFY_OK(rows);
        for (std::size_t site = 0; site < 3; ++site) {
            const double E = traces[0].shape().sites[site].numExperts;
            std::vector<double> overlap(C), sizes(C), both(C), same(C), first(C), flips(C), pairs(C), from(C);
            double steps = 0, tokens = 0;
            for (const Sequence& sequence : traces[0].shape().sequences) {
                for (std::size_t i = 1; i < sequence.length; ++i) {
                    const std::size_t t = std::size_t(sequence.begin) + i;
                    const auto rank0 = [&](std::size_t c) { return traces[c].ids[site][t * 3]; };
                    const auto final = setOf(traces[C - 1], site, t);
                    std::size_t last = 0;
                    bool all = rank0(C - 1) != kNoExpert;
                    for (std::size_t c = 0; c + 1 < C; ++c) {
                        const auto set = setOf(traces[c], site, t);
                        if (!set.empty() && !final.empty()) {
                            double shared = 0;
                            for (const std::uint16_t e : set)
                                shared += final.contains(e);
                            overlap[c] += shared / double(final.size());
                            sizes[c] += double(set.size());
                            ++both[c];
                        }
                        if (rank0(c) != kNoExpert && rank0(C - 1) != kNoExpert) {
                            ++first[c];
                            same[c] += rank0(c) == rank0(C - 1);
                        }
                        if (rank0(c) != kNoExpert && rank0(c + 1) != kNoExpert) {
                            ++pairs[c];
                            flips[c] += rank0(c) != rank0(c + 1);
                        }
                        all &= rank0(c) != kNoExpert;
                        if (rank0(c) != rank0(C - 1))
                            last = c + 1;
                    }
                    if (!all)
                        continue;
                    ++tokens;
                    steps += double(last);
                    for (std::size_t c = 0; c < last; ++c)
                        ++from[c];
                }
            }
            for (std::size_t c = 0; c + 1 < C; ++c) {
                const Words trace{{"trace", "step" + std::to_string(c)}};
                const Words step{{"from", "step" + std::to_string(c)}, {"to", "step" + std::to_string(c + 1)}};
                const int at = int(site);
                QVERIFY(near(number(*rows, "saturation.top_k", at, trace), overlap[c] / both[c], 1e-12));
                QVERIFY(near(*pick(*rows, "saturation.top_k", at, trace)->uniform, sizes[c] / both[c] / E, 1e-12));
                QCOMPARE(pick(*rows, "saturation.top_k", at, trace)->n, std::uint64_t(both[c]));
                QVERIFY(near(number(*rows, "saturation.top_1", at, trace), same[c] / first[c], 1e-14));
                QVERIFY(near(number(*rows, "flip_rate.top_1", at, step), flips[c] / pairs[c], 1e-14));
                QCOMPARE(pick(*rows, "flip_rate.top_1", at, step)->n, std::uint64_t(pairs[c]));
                QVERIFY(near(number(*rows, "fluctuation.share_from", at, trace), from[c] / tokens, 1e-14));
                QCOMPARE(pick(*rows, "fluctuation.share_from", at, trace)->n, std::uint64_t(tokens));
            }
            QVERIFY(near(number(*rows, "fluctuation.mean_step", int(site)), steps / tokens / double(C), 1e-14));
        }
        // Only some sites: the same rows of them.
        request.pass.sites = {SiteIndex(2), SiteIndex(1)};
        const auto two = analyseSeries(pointers(traces), stepNames(C), request);
        for (const ResultRow& row : two->rows) {
            if (row.site)
                QCOMPARE(*row.value, number(*rows, row.metric, row.site->value, row.other));
        }
        QCOMPARE(two->rows.size(), (rows->rows.size() / 4) * 3);
    }

    /// Independent routing lies on its uniform values.
    void chance()
    {
        std::vector<MemoryTrace> traces;
        for (std::size_t c = 0; c < 4; ++c) {
            traces.emplace_back(3, 6, 2);
            traces.back().addSequence(20'000);
            fillUniform(traces.back(), 40 + c);
        }
        const auto rows = analyseSeries(pointers(traces), stepNames(4), everySeries());
        int compared = 0;
        for (const ResultRow& row : rows->rows) {
            if (row.site)
                continue;
            // a number in [0, 1] has no larger variance than this
            QVERIFY(near(*row.value, *row.uniform, 4 * std::sqrt(*row.uniform * (1 - *row.uniform) / 60'000)));
            ++compared;
        }
        QCOMPARE(compared, 3 * 2 + 3 + 3 + 1);
    }

    void blocksThreadsAndShardsChangeNothing()
    {
        std::vector<MemoryTrace> traces = raggedSeries(3);
        const auto sources = pointers(traces);
        const auto source = SeriesSource::over(sources, stepNames(3));
        VERIFY_OK(source);
        for (const char* by : {"", "language"}) {
            for (const unsigned replicates : {0u, 10u}) {
                AnalysisRequest request = everySeries();
                request.by = by;
                request.bootstrap = replicates;
                const auto whole = analyseSeries(sources, stepNames(3), request);
                VERIFY_OK(whole);
                QVERIFY(pick(*whole, "saturation.top_k", 0, {{"trace", "step0"}})->interval.has_value()
                    == (replicates > 0));
                for (const unsigned threads : {1u, 3u}) {
                    for (const unsigned block : {1u, 13u, 300u}) {
                        request.pass.threads = threads;
                        request.pass.blockTokens = block;
                        QVERIFY(identical(*whole, *analyseSeries(sources, stepNames(3), request)));
                    }
                }
                const AnalysisRequest expanded = *source->expanded(request);
                auto merged = Analysis::prepare(source->shape(), expanded);
                std::string state;
                for (unsigned i = 0; i < 5; ++i) {
                    AnalysisRequest part = expanded;
                    part.pass.shard = {4 - i, 5};
                    auto analysis = Analysis::prepare(source->shape(), part);
                    SeriesSource reading = *source;
                    QVERIFY(analysis->run(reading));
                    state = analysis->save().value();
                    QVERIFY(merged->absorb(state));
                }
                SeriesSource reading = *source;
                QVERIFY(identical(*whole, *merged->results(reading)));
                for (std::size_t at = 0; at < state.size(); at += 1 + state.size() / 100) {
                    auto other = Analysis::prepare(source->shape(), expanded);
                    QVERIFY(!other->absorb(std::string_view(state).substr(0, at)));
                    std::string lie = state;
                    for (std::size_t i = at; i < std::min(at + 8, lie.size()); ++i)
                        lie[i] = char(0xff);
                    if (other->absorb(lie))
                        QVERIFY(other->results(reading));
                }
            }
        }
        // The rows of a label value are those of the sequences that have it.
        AnalysisRequest request = everySeries();
        request.by = "language";
        const auto split = analyseSeries(sources, stepNames(3), request);
        request.by.clear();
        request.pass.where = {{"language", "de"}};
        const auto filtered = analyseSeries(sources, stepNames(3), request);
        for (const ResultRow& row : filtered->rows)
            QCOMPARE(number(*split, row.metric, row.site ? row.site->value : -1, row.other, {}, "de"), *row.value);
    }

    void differencesAreNamed_data()
    {
        QTest::addColumn<int>("change");
        QTest::addColumn<QString>("message");
        QTest::newRow("sequences") << 0
                                   << "traces 'early' and 'late' are not of the same tokens: sequences 2 against 3";
        QTest::newRow("length")
            << 1 << "traces 'early' and 'late' are not of the same tokens: length of sequence 1 5 against 4";
        QTest::newRow("sites") << 2 << "traces 'early' and 'late' are not of the same model: sites 1 against 2";
        QTest::newRow("experts")
            << 3 << "traces 'early' and 'late' are not of the same model: experts of site 1 7 against 8";
        QTest::newRow("layer") << 4
                               << "traces 'early' and 'late' are not of the same model: layer of site 1 9 against 1";
        QTest::newRow("top k")
            << 5 << "traces 'early' and 'late' are not of the same model: choices a token of site 0 1 against 2";
    }
    void differencesAreNamed()
    {
        QFETCH(int, change);
        QFETCH(QString, message);
        const auto make = [](std::size_t sites, std::vector<std::uint32_t> lengths) {
            MemoryTrace trace(sites, 8, 2);
            for (const std::uint32_t length : lengths)
                trace.addSequence(length);
            fillUniform(trace, 1);
            return trace;
        };
        MemoryTrace late = make(2, {3, 4, 2});
        MemoryTrace early = make(change == 2 ? 1 : 2,
            change == 0       ? std::vector<std::uint32_t>{3, 4}
                : change == 1 ? std::vector<std::uint32_t>{3, 5, 2}
                              : std::vector<std::uint32_t>{3, 4, 2});
        if (change == 3)
            early.editShape().sites[1].numExperts = 7;
        if (change == 4)
            early.editShape().sites[1].layer = 9;
        if (change == 5)
            early.editShape().sites[0].topK = 1;
        const auto source = SeriesSource::over(std::vector<BlockSource*>{&early, &late}, {"early", "late"});
        QVERIFY(!source);
        QCOMPARE(source.error().message(), message.toStdString());
    }

    void tokenIdsAreCompared()
    {
        std::vector<MemoryTrace> traces(3, MemoryTrace(1, 4, 1));
        for (MemoryTrace& trace : traces) {
            trace.addSequence(4);
            fillUniform(trace, 1);
        }
        WithTokenIds a(traces[0], {10, 11, -1, 13}), b(traces[1], {10, -1, 12, 13}), c(traces[2], {10, 11, 12, 14});
        QVERIFY(SeriesSource::over(std::vector<BlockSource*>{&a, &b}, {"a", "b"})); // -1: unknown
        QVERIFY(SeriesSource::over(std::vector<BlockSource*>{&a, &traces[1]}, {"a", "b"})); // not recorded
        const auto source = SeriesSource::over(std::vector<BlockSource*>{&a, &traces[1], &c}, {"a", "b", "c"});
        QVERIFY(!source);
        QCOMPARE(source.error().message(),
            std::string("traces 'a' and 'c' are not of the same tokens: token 3 is 13 against 14"));
    }

    void otherMistakes()
    {
        std::vector<MemoryTrace> traces = raggedSeries(2);
        const auto sources = pointers(traces);
        QVERIFY(!SeriesSource::over(std::vector<BlockSource*>{&traces[0]}, {"a"}));
        QCOMPARE(SeriesSource::over(sources, {"a", "a"}).error().what,
            std::string("two traces of the series are called 'a'"));
        QVERIFY(!SeriesSource::over(sources, {"a"}));
        AnalysisRequest request = everySeries();
        request.metrics.push_back({"load"});
        QCOMPARE(analyseSeries(sources, {"a", "b"}, request).error().what,
            std::string("metric 'load' looks at one trace, not at a series"));
        request = everySeries();
        request.metrics.push_back({"lode"});
        QCOMPARE(analyseSeries(sources, {"a", "b"}, request).error().what, std::string("unknown metric 'lode'"));
        request = everySeries();
        request.pass.sites = {SiteIndex(3)};
        QCOMPARE(analyseSeries(sources, {"a", "b"}, request).error().what, std::string("the trace has no site 3"));
        // Of one trace they say what they need.
        const auto rows = analyse(traces[0], everySeries());
        QCOMPARE(pick(*rows, "saturation", -1)->undefined,
            std::string("compares traces of the same tokens: name at least 2, the final one last"));
        // No choices in one of them: undefined, not 0.
        std::ranges::fill(traces[0].ids[1], kNoExpert);
        const auto empty = analyseSeries(sources, {"a", "b"}, everySeries());
        QVERIFY(!pick(*empty, "saturation.top_k", 1, {{"trace", "a"}})->undefined.empty());
        QVERIFY(!pick(*empty, "saturation.top_1", 1, {{"trace", "a"}})->undefined.empty());
        QVERIFY(!pick(*empty, "flip_rate.top_1", 1, {{"from", "a"}, {"to", "b"}})->undefined.empty());
        QVERIFY(pick(*empty, "saturation.top_k", -1, {{"trace", "a"}})->value);
    }
};

EXPERTSCOPE_TEST(TestSeries)
#include "tst_series.moc"
