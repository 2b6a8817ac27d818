// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/io/trace/trace_fixture.h"
#include "tests/support/test_main.h"

#include "io/trace/chunk_codec.h"
#include "io/trace/trace_schema.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <thread>

using namespace expertscope;
using namespace expertscope::fixture;

#define VERIFY_OK(expression)                                                                                          \
    do {                                                                                                               \
        auto&& verify_ok = (expression);                                                                               \
        QVERIFY2(verify_ok.has_value(), verify_ok ? "" : verify_ok.error().message().c_str());                         \
    } while (false)

namespace {

constexpr Columns kEverything{.weights = true, .entropy = true, .margin = true, .logits = true, .tokenIds = true};

std::vector<std::int32_t> allTokenIds(const Reference& r)
{
    std::vector<std::int32_t> ids;
    for (const auto& s : r.plan.sequences)
        ids.insert(ids.end(), s.tokenIds.begin(), s.tokenIds.end());
    return ids;
}

/// What differs between the reference and a range at a site as the file has it; empty: nothing.
QString compare(
    TraceFile& file, const Reference& r, std::size_t m, std::uint64_t begin, std::uint64_t end, BlockBuffer& buffer)
{
    const auto block =
        file.read(SiteIndex(std::uint16_t(m)), {TokenIndex(begin), TokenIndex(end)}, kEverything, buffer);
    if (!block)
        return QString::fromStdString(block.error().message());
    const auto E = r.plan.sites[m].numExperts;
    const auto n = end - begin;
    if (block->numTokens != n || block->numSlots != r.K || block->numExperts != E || block->expertIds.size() != n * r.K)
        return "block has another shape";
    const auto& c = r.plan.columns;
    if (block->weights.size() != (c.weights ? n * r.K : 0) || block->entropy.size() != (c.entropy ? n : 0)
        || block->margin.size() != (c.margin ? n : 0) || block->logits.size() != (c.logits ? n * E : 0)
        || block->tokenIds.size() != n)
        return "columns have another size";
    const auto ids = allTokenIds(r);
    for (std::uint64_t t = 0; t < n; ++t) {
        const auto cell = (begin + t) * r.M + m;
        const auto place = QString(" of token %1 at site %2").arg(begin + t).arg(m);
        for (std::size_t k = 0; k < r.K; ++k) {
            if (block->expertIds[t * r.K + k] != r.ids[cell * r.K + k])
                return "expert" + place;
            if (c.weights && !close(r.weights[cell * r.K + k], block->weights[t * r.K + k], kSignificantBits))
                return "weight" + place;
        }
        if (c.entropy && !close(r.entropy[cell], block->entropy[t], kSignificantBits))
            return "entropy" + place;
        if (c.margin && !close(r.margin[cell], block->margin[t], kSignificantBits))
            return "margin" + place;
        for (std::size_t e = 0; c.logits && e < E; ++e) {
            if (!same(r.logits[cell * r.E + e], block->logits[t * E + e]))
                return "logit" + place;
        }
        if (block->tokenIds[t] != ids[begin + t])
            return "token id" + place;
    }
    return {};
}

/// Runs an HDF5 tool; {false, ""} when this machine has none.
std::pair<bool, QString> tool(const QString& name, const QStringList& arguments)
{
    const auto program = QStandardPaths::findExecutable(name);
    if (program.isEmpty())
        return {false, {}};
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    process.waitForFinished(60000);
    return {true,
        process.exitCode() == 0 ? QString()
                                : "exit " + QString::number(process.exitCode()) + ": " + process.readAll().left(2000)};
}

}

class TestTraceRoundtrip : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    std::filesystem::path path(const char* name) const { return m_folder.filePath(name).toStdString(); }

private slots:
    void everyValueComesBack_data()
    {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("step");
        QTest::addColumn<bool>("siteMajor");
        QTest::addColumn<int>("kind");
        int row = 0;
        for (const int tokens : {1, 2, 15, 16, 17, 200, 1023, 1025, 4095, 4096, 4097, 5000, 8192, 12289}) {
            for (const bool siteMajor : {false, true}) {
                QTest::addRow("%d tokens%s", tokens, siteMajor ? ", by site" : "") << tokens
                                                                                   << (row % 3 == 0          ? 512
                                                                                              : row % 3 == 1 ? 333
                                                                                                             : 5000)
                                                                                   << siteMajor << row % 4;
                ++row;
            }
        }
    }

    void everyValueComesBack()
    {
        QFETCH(int, tokens);
        QFETCH(int, step);
        QFETCH(bool, siteMajor);
        QFETCH(int, kind);
        Shape shape{.tokens = std::uint64_t(tokens), .seed = unsigned(tokens)};
        if (kind == 1)
            shape.sites = {{4, 1}, {16, 4}, {7, 7}};
        if (kind == 2) {
            shape.sites = {{60, 4}, {8, 2}};
            shape.logits = shape.loss = true;
        }
        if (kind == 3) {
            shape.sites = {{300, 8}};
            shape.weights = shape.entropy = shape.margin = false;
        }
        const auto r = make(shape);
        const auto file = path("t.h5");
        auto writer = TraceWriter::create(file, r.plan, {.packingThreads = kind == 0 ? 1u : unsigned(kind) + 1});
        VERIFY_OK(writer);
        QCOMPARE((*writer)->tokensDone(), 0ull);
        VERIFY_OK(siteMajor ? feedSiteMajor(**writer, r, std::uint64_t(step))
                            : feedTokenMajor(**writer, r, std::uint64_t(step)));
        VERIFY_OK((*writer)->finish(true));
        QVERIFY(!std::filesystem::exists(journalPath(file)));

        auto trace = TraceFile::open(file);
        VERIFY_OK(trace);
        const auto& s = (*trace)->shape();
        QCOMPARE(s.numTokens, r.T);
        QCOMPARE(std::size_t(s.numSlots), r.K);
        QCOMPARE(std::size_t(s.numExperts), r.E);
        QVERIFY(s.sites == r.plan.sites);
        QCOMPARE(s.sequences.size(), r.plan.sequences.size());
        QVERIFY((*trace)->summary().complete);
        BlockBuffer buffer;
        for (std::size_t m = 0; m < r.M; ++m)
            QCOMPARE(compare(**trace, r, m, 0, r.T, buffer), QString());
        std::mt19937 random(7);
        for (int i = 0; i < 60; ++i) {
            const auto begin = random() % (r.T + 1), end = begin + random() % (r.T - begin + 1);
            QCOMPARE(compare(**trace, r, random() % r.M, begin, end, buffer), QString());
        }
        if (shape.loss) {
            const auto loss = (*trace)->loss({TokenIndex(0), TokenIndex(r.T)});
            VERIFY_OK(loss);
            QVERIFY(*loss == r.loss);
            Columns predictions;
            predictions.predictedIds = true;
            const auto block =
                (*trace)->read(SiteIndex(0), {TokenIndex(1), TokenIndex(r.T)}, predictions, buffer);
            VERIFY_OK(block);
            QVERIFY(std::equal(
                block->predictedIds.begin(), block->predictedIds.end(), r.predictedIds.begin() + 1, r.predictedIds.end()));
        } else {
            QVERIFY(!(*trace)->loss({TokenIndex(0), TokenIndex(0)}));
        }
    }

    void sequencesLabelsAndProvenanceComeBack_data()
    {
        QTest::addColumn<Shape>("shape");
        QTest::newRow("some") << Shape{.tokens = 3000};
        QTest::newRow("more than are read at once") << Shape{.tokens = 10000, .longest = 3};
    }
    void sequencesLabelsAndProvenanceComeBack()
    {
        QFETCH(Shape, shape);
        const auto r = make(shape);
        const auto file = path("labels.h5");
        auto writer = TraceWriter::create(file, r.plan);
        VERIFY_OK(writer);
        VERIFY_OK(feedTokenMajor(**writer, r, 700));
        VERIFY_OK((*writer)->finish(true));
        auto trace = TraceFile::open(file);
        VERIFY_OK(trace);
        const auto& s = (*trace)->shape();
        std::uint64_t begin = 0;
        for (std::size_t i = 0; i < s.sequences.size(); ++i) {
            const auto& planned = r.plan.sequences[i];
            QCOMPARE(s.sequences[i].begin.value, begin);
            QCOMPARE(std::size_t(s.sequences[i].length), planned.tokenIds.size());
            QCOMPARE(s.sequences[i].promptLength,
                planned.promptLength ? planned.promptLength : std::uint32_t(planned.tokenIds.size()));
            QCOMPARE(s.sequences[i].name, planned.name);
            QCOMPARE(s.sequences[i].source, planned.source);
            for (const char* name : {"language", "topic/sub"}) {
                const auto* label = s.label(name);
                QVERIFY(label);
                const auto code = label->codes.at(i);
                const auto it = planned.labels.find(name);
                QCOMPARE(code < 0 ? std::string("(none)") : label->values.at(std::size_t(code)),
                    it == planned.labels.end() ? std::string("(none)") : it->second);
            }
            begin += planned.tokenIds.size();
        }
        QCOMPARE(s.labels.size(), std::size_t(2));
        for (const auto& [id, piece] : r.plan.vocabulary)
            QCOMPARE(*(*trace)->tokenBytes(id), piece);
        QCOMPARE(*(*trace)->tokenBytes(4711), std::string());
        const auto& summary = (*trace)->summary();
        QCOMPARE(summary.provenance.attributes.at("device"), std::string("cpu"));
        QCOMPARE(summary.provenance.configJson, r.plan.provenance.configJson);
        QCOMPARE(summary.provenance.numHiddenLayers, 5u);
        QCOMPARE(summary.labels, (std::vector<std::string>{"language", "topic/sub"}));
        QCOMPARE(summary.uuid.size(), std::size_t(36));
        QCOMPARE(summary.numSequences, std::uint64_t(r.plan.sequences.size()));
    }

    void aRangeThatIsNotThereIsAnError()
    {
        const auto r = make({.tokens = 100});
        const auto file = path("range.h5");
        auto writer = TraceWriter::create(file, r.plan);
        VERIFY_OK(feedTokenMajor(**writer, r, 100));
        VERIFY_OK((*writer)->finish(true));
        auto trace = TraceFile::open(file);
        VERIFY_OK(trace);
        BlockBuffer buffer;
        QVERIFY(!(*trace)->read(SiteIndex(0), {TokenIndex(0), TokenIndex(101)}, {}, buffer));
        QVERIFY(!(*trace)->read(SiteIndex(0), {TokenIndex(5), TokenIndex(4)}, {}, buffer));
        QVERIFY(!(*trace)->read(SiteIndex(2), {TokenIndex(0), TokenIndex(1)}, {}, buffer));
        QVERIFY(!(*trace)->tokenIds({TokenIndex(99), TokenIndex(~0ull)}));
        VERIFY_OK((*trace)->read(SiteIndex(1), {TokenIndex(100), TokenIndex(100)}, {}, buffer));
    }

    void whatDoesNotFitThePlanIsRefused()
    {
        const auto r = make({.tokens = 100, .loss = true});
        auto plan = r.plan;
        plan.sites.clear();
        QVERIFY(!TraceWriter::create(path("bad.h5"), plan));
        plan = r.plan;
        plan.sequences.clear();
        QVERIFY(!TraceWriter::create(path("bad.h5"), plan));
        plan = r.plan;
        plan.sites[1].topK = 9;
        QVERIFY(!TraceWriter::create(path("bad.h5"), plan));
        QVERIFY(!std::filesystem::exists(journalPath(path("bad.h5"))));

        auto writer = TraceWriter::create(path("bad.h5"), r.plan);
        VERIFY_OK(writer);
        QVERIFY(!TraceWriter::create(path("bad.h5"), r.plan)); // two writers
        QVERIFY(!TraceWriter::resume(path("bad.h5"), r.plan));
        QVERIFY(!repairTrace(path("bad.h5")));
        QVERIFY(!(*writer)->append(cut(r, 10, 5, 0, 2).slab)); // a gap
        auto wrong = cut(r, 0, 5, 0, 2);
        wrong.ids[3] = 8;
        const auto error = (*writer)->append(wrong.slab);
        QVERIFY(!error && error.error().what.find("expert 8 in slot 1 of token 0 at site 1") != std::string::npos);
        wrong = cut(r, 0, 5, 0, 2);
        wrong.slab.weights = wrong.slab.weights.first(3);
        QVERIFY(!(*writer)->append(wrong.slab));
        VERIFY_OK((*writer)->append(cut(r, 0, 5, 0, 2).slab));
        QVERIFY(!(*writer)->append(cut(r, 0, 5, 0, 2).slab)); // twice
        QVERIFY(!(*writer)->finish(true)); // not all there
    }

    void otherToolsReadIt()
    {
        const auto r = make({.tokens = 9000, .sites = {{16, 4}, {8, 2}}, .logits = true, .loss = true});
        for (const char* name : {"a.h5", "b.h5"}) {
            auto writer = TraceWriter::create(path(name), r.plan);
            VERIFY_OK(writer);
            VERIFY_OK(name[0] == 'a' ? feedTokenMajor(**writer, r, 1000) : feedSiteMajor(**writer, r, 777));
            VERIFY_OK((*writer)->finish(true));
        }
        const auto a = QString::fromStdString(path("a.h5").string()), b = QString::fromStdString(path("b.h5").string());
        const auto [there, diff] = tool("h5diff", {"--exclude-path", "/provenance", a, b, "/routing"});
        if (!there)
            QSKIP("no hdf5-tools here");
        QCOMPARE(diff, QString());
        QCOMPARE(tool("h5diff", {a, b, "/tokens"}).second, QString());
        QCOMPARE(tool("h5diff", {a, b, "/sequences"}).second, QString());
        // Reads every chunk through HDF5's own filters.
        QCOMPARE(tool("h5dump", {"-o", "/dev/null", a}).second, QString());
    }

    void threadsMayReadAtOnce()
    {
        const auto r = make({.tokens = 20000, .sites = {{8, 2}, {16, 4}, {8, 2}, {8, 2}}});
        const auto file = path("threads.h5");
        auto writer = TraceWriter::create(file, r.plan);
        VERIFY_OK(feedTokenMajor(**writer, r, 4000));
        VERIFY_OK((*writer)->finish(true));
        auto trace = TraceFile::open(file);
        VERIFY_OK(trace);
        std::vector<QString> found(4);
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < found.size(); ++i) {
            threads.emplace_back([&, i] {
                BlockBuffer buffer;
                std::mt19937 random{unsigned(i)};
                for (int n = 0; n < 15 && found[i].isEmpty(); ++n) {
                    const auto begin = random() % r.T;
                    found[i] =
                        compare(**trace, r, random() % r.M, begin, std::min<std::uint64_t>(r.T, begin + 3000), buffer);
                    if (const auto bytes = (*trace)->tokenBytes(3); !bytes || *bytes != "tok3")
                        found[i] = "token bytes";
                }
            });
        }
        for (auto& thread : threads)
            thread.join();
        for (const auto& difference : found)
            QCOMPARE(difference, QString());
    }

    void roundingIsToNearestAndKeepsWhatIsSpecial()
    {
        std::mt19937 random(3);
        for (int i = 0; i < 200000; ++i) {
            const auto value = std::bit_cast<float>(std::uint32_t(random()));
            const auto rounded = roundSignificant(value, kSignificantBits);
            if (!std::isfinite(value)) {
                QVERIFY(same(value, rounded));
                continue;
            }
            QVERIFY(std::isfinite(rounded));
            QCOMPARE(std::bit_cast<std::uint32_t>(rounded) & ((1u << (24 - kSignificantBits)) - 1), 0u);
            if (std::isnormal(value) && std::abs(value) < 1e38f)
                QVERIFY(std::abs(double(value) - double(rounded))
                    <= std::ldexp(std::abs(double(value)), -kSignificantBits));
        }
        QCOMPARE(roundSignificant(1.0f, kSignificantBits), 1.0f);
        QCOMPARE(roundSignificant(0.0f, kSignificantBits), 0.0f);
    }
};

EXPERTSCOPE_TEST(TestTraceRoundtrip)
#include "tst_trace_roundtrip.moc"
