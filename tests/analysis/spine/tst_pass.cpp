// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/load_table.h"
#include "analysis/spine/pass.h"
#include "tests/support/picked_tokens.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <chrono>
#include <thread>

using namespace expertscope;
using namespace expertscope::testing;

/// The counts, restated without the pass.
static LoadTable bruteForce(const MemoryTrace& trace, const PassOptions& options)
{
    const RoutingShape& shape = trace.shape();
    LoadTable table;
    table.numExperts = shape.numExperts;
    table.counts.resize(shape.sites.size() * shape.numExperts);
    table.tokens.resize(shape.sites.size());
    table.choices.resize(shape.sites.size());
    for (std::size_t i = 0; i < shape.sites.size(); ++i) {
        if (!options.sites.empty()
            && std::ranges::find(options.sites, SiteIndex(std::uint16_t(i))) == options.sites.end())
            continue;
        for (std::size_t s = 0; s < shape.sequences.size(); ++s) {
            bool wanted = true;
            for (const LabelFilter& filter : options.where) {
                const Label& label = *shape.label(filter.label);
                wanted &= label.codes[s] >= 0 && label.values[std::size_t(label.codes[s])] == filter.value;
            }
            for (std::size_t t = options.skipFirst; wanted && t < shape.sequences[s].length; ++t) {
                const bool given = t < shape.sequences[s].promptLength;
                if (options.phase != Phase::All && given != (options.phase == Phase::Prompt))
                    continue;
                bool any = false;
                for (std::size_t r = 0; r < shape.numSlots; ++r) {
                    const auto id = trace.ids[i][(shape.sequences[s].begin.value + t) * shape.numSlots + r];
                    if (id == kNoExpert)
                        continue;
                    any = true;
                    ++table.counts[i * shape.numExperts + id];
                    ++table.choices[i];
                }
                table.tokens[i] += any;
            }
        }
    }
    return table;
}

/// 40 sequences of 0 to 300 tokens, two labels, some slots empty, a site with fewer experts and slots.
static MemoryTrace raggedTrace()
{
    MemoryTrace trace(3, 16, 4);
    trace.editShape().sites[1].numExperts = 5;
    trace.editShape().sites[1].topK = 2;
    std::vector<std::string> language, domain;
    for (unsigned s = 0; s < 40; ++s) {
        trace.addSequence(s == 7 ? 0 : unsigned(mix(s) % 300) + (s == 9 ? 2000 : 0));
        Sequence& sequence = trace.editShape().sequences.back();
        sequence.promptLength = s % 4 ? std::uint32_t(mix(s + 50) % (sequence.length + 1)) : sequence.length;
        language.push_back(std::vector<std::string>{"de", "en", "", "français"}[mix(100 + s) % 4]);
        domain.push_back(s % 2 ? "code" : "prose");
    }
    trace.addLabel("language", language);
    trace.addLabel("domain", domain);
    fillUniform(trace, 5);
    for (auto& site : trace.ids) {
        for (std::size_t i = 0; i < site.size(); ++i) {
            if (mix(i + 77) % 10 == 0)
                site[i] = kNoExpert;
        }
    }
    return trace;
}

/// The tokens that a pass shows, and whether it says truly where they are.
struct Seen
{
    const MemoryTrace& trace;
    std::vector<std::uint64_t> tokens;
    bool right;

    void observe(const Tile& tile)
    {
        std::uint64_t last = UINT64_MAX; // the end of the run before
        for (const SequenceRun& run : tile.runs()) {
            const std::uint64_t first = tile.blocks.front().firstToken.value + run.begin;
            right &= run.length > 0 && first != last
                && first == trace.shape().sequences[std::size_t(run.sequence)].begin.value + run.position;
            for (std::uint64_t t = 0; t < run.length; ++t)
                tokens.push_back(first + t);
            last = trace.shape().sequences[std::size_t(run.sequence)].begin.value + run.position + run.length
                    == trace.shape().sequences[std::size_t(run.sequence)].begin.value
                        + trace.shape().sequences[std::size_t(run.sequence)].length
                ? UINT64_MAX // the next sequence may begin there
                : first + run.length;
        }
    }
    void merge(const Seen& other)
    {
        tokens.insert(tokens.end(), other.tokens.begin(), other.tokens.end());
        right &= other.right;
    }
};

static bool same(const LoadTable& a, const LoadTable& b)
{
    return a.numExperts == b.numExperts && a.counts == b.counts && a.tokens == b.tokens && a.choices == b.choices;
}

class TestPass : public QObject
{
    Q_OBJECT
private slots:
    void splitmixTracesAreTheOnesOfTheNotes()
    {
        QCOMPARE(mix(0), 0xe220a8397b1dcdafull);
        const auto at = [](const MemoryTrace& trace, std::size_t s, std::size_t t, std::size_t l) {
            const auto first = trace.ids[l].begin() + std::ptrdiff_t((s * 512 + t) * 8);
            return std::vector<std::uint16_t>(first, first + 8);
        };
        using V = std::vector<std::uint16_t>;
        const MemoryTrace u = splitmixTrace('U', true), b = splitmixTrace('B'), m = splitmixTrace('M');
        QCOMPARE(at(u, 0, 0, 0), (V{44, 52, 45, 38, 32, 36, 23, 0}));
        QCOMPARE(at(u, 7, 511, 3), (V{52, 59, 42, 49, 20, 25, 56, 10}));
        QCOMPARE(at(b, 7, 511, 3), (V{28, 24, 9, 37, 49, 62, 42, 61}));
        QCOMPARE(at(m, 0, 0, 0), (V{23, 37, 32, 19, 39, 46, 56, 24}));
        QCOMPARE(at(m, 7, 511, 3), (V{42, 59, 33, 56, 63, 37, 10, 52}));
        QVERIFY(std::abs(u.logits[0][0] - 7.06648647) < 1e-6 && std::abs(u.logits[0][2] - 4.72951787) < 1e-6);
    }

    void countsAreBruteForceWhateverTheBlocksAndThreads_data()
    {
        QTest::addColumn<int>("variant");
        for (int variant = 0; variant < 24; ++variant)
            QTest::addRow("variant %d", variant) << variant;
    }
    void countsAreBruteForceWhateverTheBlocksAndThreads()
    {
        QFETCH(int, variant);
        MemoryTrace trace = raggedTrace();
        PassOptions options;
        if (variant & 1)
            options.where = {{"language", "français"}};
        if (variant >= 8)
            options.phase = variant < 16 ? Phase::Prompt : Phase::Decode;
        if (variant == 3)
            options.where.push_back({"domain", "code"});
        if (variant & 2)
            options.skipFirst = 3;
        if (variant & 4)
            options.sites = {SiteIndex(2), SiteIndex(0)};
        const LoadTable expected = bruteForce(trace, options);
        QVERIFY(expected.choices[0] > 0);
        for (const std::uint32_t blockTokens : {0u, 1u, 7u, 250u, 1000u}) {
            for (const unsigned threads : {0u, 1u, 2u, 5u}) {
                options.blockTokens = blockTokens;
                options.threads = threads;
                const auto table = loadTable(trace, options);
                QVERIFY(table && same(*table, expected));
            }
        }
    }

    void picksAreThoseOfTheNaiveLoop_data()
    {
        QTest::addColumn<int>("variant");
        for (int variant = 0; variant < 16; ++variant)
            QTest::addRow("variant %d", variant) << variant;
    }
    void picksAreThoseOfTheNaiveLoop()
    {
        QFETCH(int, variant);
        MemoryTrace trace = raggedTrace();
        const RoutingShape& shape = trace.shape();
        PassOptions options;
        options.sites = {SiteIndex(1)};
        options.without = {{"language", "français"}};
        if (variant & 1)
            options.without.push_back({"domain", "code"});
        if (variant & 2)
            options.where = {{"language", "de"}};
        if (variant & 4)
            options.skipFirst = 5;
        if (variant & 8)
            options.mostLength = 90;
        const TokenSet tokens = someTokens(shape.numTokens, std::uint64_t(variant), 0.4, 1 + variant % 5 * 6);
        options.tokens = std::make_shared<TokenSet>(tokens);
        const auto has = [&](const LabelFilter& filter, std::size_t s) {
            const Label& label = *shape.label(filter.label);
            return label.codes[s] >= 0 && label.values[std::size_t(label.codes[s])] == filter.value;
        };
        std::vector<std::uint64_t> expected;
        for (std::size_t s = 0; s < shape.sequences.size(); ++s) {
            const auto here = [&](const LabelFilter& filter) { return has(filter, s); };
            if (!std::ranges::all_of(options.where, here) || std::ranges::any_of(options.without, here))
                continue;
            const std::uint64_t end = std::min<std::uint64_t>(
                shape.sequences[s].length, std::uint64_t(options.skipFirst) + options.mostLength);
            for (std::uint64_t t = options.skipFirst; t < end; ++t) {
                if (tokens.has(TokenIndex(shape.sequences[s].begin.value + t)))
                    expected.push_back(shape.sequences[s].begin.value + t);
            }
        }
        QVERIFY(!expected.empty());
        for (const std::uint32_t blockTokens : {0u, 1u, 7u, 250u}) {
            options.blockTokens = blockTokens;
            options.threads = blockTokens % 2 ? 3 : 1;
            const auto seen = runPassOf(
                trace, {},
                [&] {
                    return Seen{trace, {}, true};
                },
                options);
            VERIFY_OK(seen);
            QVERIFY2(seen->right, "runs say where in which sequence they lie, and never touch each other");
            auto found = seen->tokens;
            std::ranges::sort(found);
            QCOMPARE(found, expected);
        }
        options.without = {{"language", "klingon"}};
        QCOMPARE(runPassOf(
                     trace, {},
                     [&] {
                         return Seen{trace, {}, true};
                     },
                     options)
                     .error()
                     .what,
            std::string("label 'language' has no value 'klingon'"));
    }

    void whatHoldsNoPickIsNotRead()
    {
        MemoryTrace trace(1, 8, 2);
        trace.addSequence(100'000);
        fillUniform(trace, 3);
        TokenSet few(100'000);
        few.insert({TokenIndex(50'010), TokenIndex(50'020)});
        PassOptions options;
        options.tokens = std::make_shared<TokenSet>(few);
        options.blockTokens = 1000;
        const auto table = loadTable(trace, options);
        VERIFY_OK(table);
        QCOMPARE(table->tokens[0], std::uint64_t(10));
        QCOMPARE(trace.reads->load(), 1);
    }

    void emptyTraceAndEmptySelection()
    {
        MemoryTrace nothing(2, 8, 2);
        auto table = loadTable(nothing, {});
        QVERIFY(table && table->tokens == std::vector<std::uint64_t>({0, 0}));
        MemoryTrace trace = raggedTrace();
        PassOptions options;
        options.where = {{"language", "de"}, {"language", "en"}};
        table = loadTable(trace, options);
        QVERIFY(table && table->tokens == std::vector<std::uint64_t>({0, 0, 0}));
        options = {};
        options.skipFirst = 1'000'000;
        table = loadTable(trace, options);
        QVERIFY(table && table->choices[0] == 0);
        MemoryTrace siteless(0, 8, 2);
        siteless.addSequence(5);
        QVERIFY(loadTable(siteless, {}));
    }

    void errorsNameWhatThereIs()
    {
        MemoryTrace trace = raggedTrace();
        PassOptions options;
        options.where = {{"langage", "de"}};
        QCOMPARE(loadTable(trace, options).error().message(),
            std::string("the trace has no label 'langage' (did you mean language? its labels: language, domain)"));
        options.where = {{"domain", "law"}};
        QCOMPARE(loadTable(trace, options).error().message(),
            std::string("label 'domain' has no value 'law' (its values: prose, code)"));
        options = {};
        options.sites = {SiteIndex(3)};
        QCOMPARE(loadTable(trace, options).error().message(), std::string("the trace has no site 3 (its sites: 0-2)"));
        // An id that the site does not have: the earliest is named, whatever the threads do.
        trace.ids[1][800 * 4] = 5;
        trace.ids[1][801 * 4] = 9;
        trace.ids[2][0] = 16;
        for (const unsigned threads : {1u, 4u}) {
            options = {};
            options.threads = threads;
            options.sites = {SiteIndex(1)};
            QCOMPARE(loadTable(trace, options).error().message(),
                std::string("site 1, token 800: expert id 5, but the site has 5 experts"));
        }
    }

    void cancelIsHonouredSoon()
    {
        MemoryTrace trace(64, 64, 8);
        trace.addSequence(200'000);
        fillUniform(trace, 1);
        PassOptions options;
        options.blockTokens = 1000;
        options.threads = 2;
        std::vector<double> fractions;
        options.progress = [&](double fraction) {
            fractions.push_back(fraction);
            return true;
        };
        QVERIFY(loadTable(trace, options));
        QVERIFY(!fractions.empty() && std::ranges::is_sorted(fractions) && fractions.back() <= 1.0);
        const int whole = trace.reads->exchange(0);
        options.progress = [](double) { return false; };
        const auto table = loadTable(trace, options);
        QVERIFY(!table && table.error().what == kCancelled);
        QVERIFY2(*trace.reads < whole, "stopped before the end");
    }

    void filteredTokensAreReadAlongOnlyInSmallGaps()
    {
        MemoryTrace trace(1, 8, 2);
        std::vector<std::string> values;
        for (int s = 0; s < 100; ++s) {
            trace.addSequence(20);
            values.push_back(s % 2 ? "odd" : "even");
        }
        trace.addSequence(5000);
        trace.addSequence(20);
        values.insert(values.end(), {"odd", "even"});
        trace.addLabel("parity", values);
        fillUniform(trace, 3);
        PassOptions options;
        options.where = {{"parity", "even"}};
        QVERIFY(loadTable(trace, options));
        QCOMPARE(trace.reads->load(), 2);
    }
};

EXPERTSCOPE_TEST(TestPass)
#include "tst_pass.moc"
