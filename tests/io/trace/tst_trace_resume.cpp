// SPDX-License-Identifier: GPL-3.0-or-later
//
// A capture may die at any byte: repair makes a readable trace of what is there, resume ends with the identical one.
#include "tests/io/trace/trace_fixture.h"
#include "tests/support/test_main.h"

#include "io/trace/journal.h"
#include "io/trace/trace_file.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <set>

#include <csignal>
#include <hdf5.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace expertscope;
using namespace expertscope::fixture;

#define VERIFY_OK(expression)                                                                                          \
    do {                                                                                                               \
        auto&& verify_ok = (expression);                                                                               \
        QVERIFY2(verify_ok.has_value(), verify_ok ? "" : verify_ok.error().message().c_str());                         \
    } while (false)

namespace {

using Bytes = std::vector<char>;

Bytes slurp(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void spill(const std::filesystem::path& path, const Bytes& bytes, std::size_t count)
{
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), std::streamsize(count));
}

/// The packed bytes of all chunks in all columns, as HDF5 has stored them.
std::string rawChunks(const std::filesystem::path& path)
{
    const auto id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    std::string all;
    for (const auto column : kAllColumns) {
        if (H5Lexists(id, columnInfo(column).path, H5P_DEFAULT) <= 0)
            continue;
        const auto dataset = H5Dopen2(id, columnInfo(column).path, H5P_DEFAULT);
        const auto space = H5Dget_space(dataset);
        hsize_t count = 0;
        H5Dget_num_chunks(dataset, space, &count);
        std::map<std::vector<hsize_t>, std::string> sorted;
        for (hsize_t i = 0; i < count; ++i) {
            std::vector<hsize_t> offset(3, 0);
            unsigned mask = 0;
            haddr_t address = 0;
            hsize_t size = 0;
            H5Dget_chunk_info(dataset, space, i, offset.data(), &mask, &address, &size);
            std::string bytes(size, '\0');
            H5Dread_chunk(dataset, H5P_DEFAULT, offset.data(), &mask, bytes.data());
            sorted[offset] = bytes + char(mask);
        }
        for (const auto& [offset, bytes] : sorted)
            all += std::to_string(offset[0]) + ',' + std::to_string(offset[1]) + ':' + bytes;
        H5Sclose(space);
        H5Dclose(dataset);
    }
    H5Fclose(id);
    return all;
}

/// Every byte that matters of a trace: all columns of all sites as they are read and as they are stored, the tables.
std::string contents(const std::filesystem::path& path)
{
    auto trace = TraceFile::open(path);
    if (!trace)
        return trace.error().message();
    std::string all;
    const auto add = [&](const auto& values) {
        all.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]);
        all += '|';
    };
    const auto& s = (*trace)->shape();
    BlockBuffer buffer;
    for (std::uint16_t m = 0; m < s.sites.size(); ++m) {
        const auto block = (*trace)->read(
            SiteIndex(m), {TokenIndex(0), TokenIndex(s.numTokens)}, {true, true, true, true, true, true}, buffer);
        if (!block)
            return block.error().message();
        add(block->expertIds);
        add(block->weights);
        add(block->entropy);
        add(block->margin);
        add(block->logits);
        add(block->tokenIds);
        add(block->predictedIds);
    }
    for (const auto& sequence : s.sequences)
        all +=
            sequence.name + ' ' + std::to_string(sequence.length) + ' ' + std::to_string(sequence.promptLength) + '\n';
    for (const auto& label : s.labels) {
        all += label.name;
        add(label.codes);
    }
    if ((*trace)->summary().columns.loss)
        add(*(*trace)->loss({TokenIndex(0), TokenIndex(s.numTokens)}));
    trace->reset();
    return all + rawChunks(path);
}

bool complete(const std::filesystem::path& path)
{
    const auto summary = TraceFile::summary(path);
    return summary && summary->complete;
}

}

class TestTraceResume : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    std::filesystem::path path(const char* name) const { return m_folder.filePath(name).toStdString(); }

    /// Small, but with several chunks, sites and columns (chunks of 4,096 tokens, logits of 1,024).
    static Reference reference()
    {
        return make(
            {.tokens = 9000, .sites = {{5, 1}, {6, 2}}, .entropy = false, .logits = true, .loss = true, .seed = 11});
    }

    /// The journal of a whole capture that never called finish(), and the finished trace.
    void capture(
        const Reference& r, bool siteMajor, Bytes& journal, std::string& whole, const WriterOptions& options = {})
    {
        const auto file = path("whole.h5");
        {
            auto writer = TraceWriter::create(file, r.plan, options);
            VERIFY_OK(writer);
            VERIFY_OK(siteMajor ? feedSiteMajor(**writer, r, 1500) : feedTokenMajor(**writer, r, 1500));
        }
        journal = slurp(journalPath(file));
        auto writer = TraceWriter::resume(file, r.plan);
        VERIFY_OK(writer);
        QCOMPARE((*writer)->tokensDone(), r.T);
        VERIFY_OK((*writer)->finish(true));
        whole = contents(file);
        QVERIFY(complete(file));
    }

    /// From a dead capture to the end; empty when the result is `whole`.
    QString goOn(const std::filesystem::path& file, const Reference& r, bool siteMajor, const std::string& whole)
    {
        auto writer = TraceWriter::resume(file, r.plan);
        if (!writer)
            return QString::fromStdString(writer.error().message());
        const auto done = (*writer)->tokensDone();
        if (done != r.T && done % 4096 != 0)
            return "tokensDone is no multiple of the chunk length";
        const auto fed = siteMajor ? feedSiteMajor(**writer, r, 1500, done) : feedTokenMajor(**writer, r, 1500, done);
        if (!fed)
            return QString::fromStdString(fed.error().message());
        if (const auto finished = (*writer)->finish(true); !finished)
            return QString::fromStdString(finished.error().message());
        if (!complete(file))
            return "not marked complete";
        return contents(file) == whole ? QString() : "differs from the uninterrupted trace";
    }

private slots:
    void cutAnywhere_data()
    {
        QTest::addColumn<bool>("siteMajor");
        QTest::addRow("by token") << false;
        QTest::addRow("by site") << true;
    }

    void cutAnywhere()
    {
        QFETCH(bool, siteMajor);
        const auto r = reference();
        Bytes journal;
        std::string whole;
        capture(r, siteMajor, journal, whole);
        QVERIFY(journal.size() > 10000);
        const auto file = path("cut.h5");
        std::mt19937 random(siteMajor ? 1 : 2);
        std::set<std::size_t> cuts{0, 1, 7, 8, 15, 16, 17, 31, 32, 33, journal.size() - 1, journal.size()};
        while (cuts.size() < 45)
            cuts.insert(random() % journal.size());
        int readable = 0, resumedWithTokens = 0;
        for (const auto cut : cuts) {
            const auto place = " when cut at byte " + QString::number(cut) + " of " + QString::number(journal.size());
            // Straight on.
            std::filesystem::remove(file);
            spill(journalPath(file), journal, cut);
            QCOMPARE(goOn(file, r, siteMajor, whole) + place, place);
            QVERIFY(!std::filesystem::exists(journalPath(file)));
            // Repaired first, then gone on with the incomplete trace.
            std::filesystem::remove(file);
            spill(journalPath(file), journal, cut);
            const auto report = repairTrace(file);
            if (report) {
                ++readable;
                QVERIFY(report->repaired);
                QCOMPARE(report->tokensPlanned, r.T);
                QVERIFY(!contents(file).empty());
                auto trace = TraceFile::open(file);
                VERIFY_OK(trace);
                QCOMPARE((*trace)->shape().numTokens, report->tokensKept);
                QCOMPARE((*trace)->summary().complete, report->complete);
                BlockBuffer buffer;
                for (std::size_t m = 0; m < r.M; ++m) {
                    const auto block = (*trace)->read(
                        SiteIndex(std::uint16_t(m)), {TokenIndex(0), TokenIndex(report->tokensKept)}, {}, buffer);
                    VERIFY_OK(block);
                    for (std::uint64_t t = 0; t < report->tokensKept; ++t)
                        QCOMPARE(block->expertIds[t * r.K], r.ids[(t * r.M + m) * r.K]);
                }
                resumedWithTokens += report->tokensKept > 0 && !report->complete;
                trace->reset();
                if (!report->complete)
                    QCOMPARE(goOn(file, r, siteMajor, whole) + place, place);
                else
                    QCOMPARE(contents(file), whole);
            } else {
                QVERIFY2(!report.error().what.empty(), "an error without words");
            }
        }
        QVERIFY(readable > 20);
        QVERIFY(resumedWithTokens > (siteMajor ? 3 : 10));
    }

    void everyCutOfASmallJournalIsAPrefix()
    {
        const auto r = make({.tokens = 40, .sites = {{5, 1}}, .weights = false, .entropy = false, .margin = false});
        const auto file = path("small.h5");
        {
            auto writer = TraceWriter::create(file, r.plan);
            VERIFY_OK(feedTokenMajor(**writer, r, 40));
        }
        const auto journal = slurp(journalPath(file));
        std::filesystem::remove(journalPath(file));
        std::uint64_t before = 0;
        for (std::size_t cut = 0; cut <= journal.size(); ++cut) {
            spill(journalPath(file), journal, cut);
            auto opened = Journal::open(journalPath(file), Journal::Access::MustExist);
            VERIFY_OK(opened);
            const auto tokens = opened->record() ? storedTokens(opened->index(), opened->geometry(), false, true) : 0;
            QVERIFY(tokens >= before);
            before = tokens;
        }
        QCOMPARE(before, r.T);
    }

    void damageInTheMiddleIsFound()
    {
        const auto r = reference();
        Bytes journal;
        std::string whole;
        capture(r, false, journal, whole);
        const auto file = path("damaged.h5");
        std::mt19937 random(3);
        int shortened = 0;
        for (int i = 0; i < 40; ++i) {
            auto damaged = journal;
            const auto at = 16 + random() % (journal.size() - 16);
            damaged[at] = char(damaged[at] ^ (1 << random() % 8));
            std::filesystem::remove(file);
            spill(journalPath(file), damaged, damaged.size());
            // Never a wrong value: what was damaged, and all behind it, is captured again.
            QCOMPARE(goOn(file, r, false, whole), QString());
            spill(journalPath(file), damaged, damaged.size());
            std::filesystem::remove(file);
            if (const auto report = repairTrace(file)) {
                QVERIFY(report->bytesDropped > 0);
                shortened += report->tokensKept < r.T;
            }
            std::filesystem::remove(journalPath(file));
        }
        QVERIFY(shortened > 12);
    }

    void aGracefulStopKeepsEveryToken()
    {
        const auto r = reference();
        Bytes journal;
        std::string whole;
        capture(r, false, journal, whole);
        const auto file = path("stopped.h5");
        for (const std::uint64_t stop : {1, 1500, 4096, 5000, 8999}) {
            std::filesystem::remove(file);
            auto writer = TraceWriter::create(file, r.plan);
            VERIFY_OK(writer);
            VERIFY_OK(feedTokenMajor(**writer, r, 700, 0, stop));
            VERIFY_OK((*writer)->finish(false));
            const auto summary = TraceFile::summary(file);
            VERIFY_OK(summary);
            QCOMPARE(summary->numTokens, stop);
            QVERIFY(!summary->complete);
            const auto nothing = repairTrace(file);
            VERIFY_OK(nothing);
            QVERIFY(!nothing->repaired && !nothing->wasComplete);
            QCOMPARE(nothing->tokensPlanned, r.T);
            const auto uuid = summary->uuid;
            QCOMPARE(goOn(file, r, false, whole), QString());
            QCOMPARE(TraceFile::summary(file)->uuid, uuid);
        }
        QVERIFY(repairTrace(file)->wasComplete);
        QVERIFY(!TraceWriter::resume(file, r.plan)); // complete
    }

    void killedWhileAnIncompleteTraceIsTakenIn()
    {
        const auto r = reference();
        Bytes journal;
        std::string whole;
        capture(r, false, journal, whole);
        const auto file = path("twice.h5");
        auto writer = TraceWriter::create(file, r.plan);
        VERIFY_OK(feedTokenMajor(**writer, r, 700, 0, 5000));
        VERIFY_OK((*writer)->finish(false));
        const auto incomplete = slurp(file);
        {
            const auto resumed = TraceWriter::resume(file, r.plan);
            VERIFY_OK(resumed);
        }
        const auto imported = slurp(journalPath(file));
        for (std::size_t i = 0; i <= 40; ++i) {
            spill(file, incomplete, incomplete.size());
            spill(journalPath(file), imported, imported.size() * i / 40);
            QCOMPARE(goOn(file, r, false, whole), QString());
        }
    }

    void anotherPlanIsRefusedByName()
    {
        const auto r = reference();
        const auto file = path("plan.h5");
        {
            auto writer = TraceWriter::create(file, r.plan);
            VERIFY_OK(feedTokenMajor(**writer, r, 700, 0, 5000));
        }
        QVERIFY(!TraceWriter::create(file, r.plan)); // would throw away what lies here
        const auto refused = [&](const char* why, auto change) {
            auto plan = r.plan;
            change(plan);
            const auto writer = TraceWriter::resume(file, plan);
            return !writer && writer.error().what.find(why) != std::string::npos;
        };
        const auto all = [&] {
            return refused("prompts differ", [](TracePlan& p) { p.sequences[0].tokenIds[0] ^= 1; })
                && refused("prompts differ", [](TracePlan& p) { p.sequences[0].labels["x"] = "y"; })
                && refused("sites differ", [](TracePlan& p) { p.sites[0].numExperts += 1; })
                && refused("columns differ", [](TracePlan& p) { p.columns.margin = false; })
                && refused("dtype", [](TracePlan& p) { p.provenance.attributes["dtype"] = "bfloat16"; });
        };
        QVERIFY(all());
        VERIFY_OK(repairTrace(file));
        QVERIFY(all());
        auto plan = r.plan;
        plan.provenance.attributes["threads"] = "64";
        plan.provenance.attributes["command_line"] = "expertscope capture --resume";
        VERIFY_OK(TraceWriter::resume(file, plan));
    }

    void repairNeverReplacesAnotherTrace()
    {
        const auto r = reference();
        const auto file = path("other.h5");
        auto writer = TraceWriter::create(file, r.plan);
        VERIFY_OK(feedTokenMajor(**writer, r, 5000));
        VERIFY_OK((*writer)->finish(true));
        const auto before = slurp(file);
        {
            auto again = TraceWriter::create(file, r.plan);
            VERIFY_OK(feedTokenMajor(**again, r, 5000, 0, 5000));
        }
        const auto report = repairTrace(file);
        QVERIFY(!report);
        QVERIFY(slurp(file) == before);
        QVERIFY(std::filesystem::exists(journalPath(file)));
    }

    void garbageIsNamedAndUntouched()
    {
        const auto file = path("garbage.h5");
        const std::string text = "this is no journal of anything";
        spill(journalPath(file), Bytes(text.begin(), text.end()), text.size());
        const auto report = repairTrace(file);
        QVERIFY(!report);
        QVERIFY(report.error().where.find("garbage.h5.part") != std::string::npos);
        QCOMPARE(slurp(journalPath(file)).size(), text.size());
        std::filesystem::remove(journalPath(file));
        QVERIFY(!repairTrace(path("nowhere.h5")));
        spill(file, Bytes(text.begin(), text.end()), text.size());
        QVERIFY(!repairTrace(file));
        QCOMPARE(slurp(file).size(), text.size());
        QVERIFY(!TraceWriter::resume(file, reference().plan));
        QCOMPARE(slurp(file).size(), text.size());
    }

    /// Packing threads let records overtake one another; the bytes of the trace are those of one thread.
    void severalPackingThreads()
    {
        const auto r = reference();
        Bytes journal;
        std::string one, many;
        for (const bool siteMajor : {false, true}) {
            capture(r, siteMajor, journal, one);
            capture(r, siteMajor, journal, many, {.packingThreads = 5});
            QVERIFY(one == many);
        }
    }

    void killedForReal_data()
    {
        QTest::addColumn<unsigned>("packingThreads");
        QTest::addRow("packed by the writer") << 1u;
        QTest::addRow("packed by three threads") << 3u;
    }

    void killedForReal()
    {
        QFETCH(unsigned, packingThreads);
        const auto r = reference();
        Bytes journal;
        std::string whole;
        capture(r, false, journal, whole);
        const auto file = path("killed.h5");
        std::mt19937 random(9);
        int interrupted = 0;
        // From before the first byte to after the last, however fast this machine is.
        QElapsedTimer timer;
        timer.start();
        capture(r, false, journal, whole);
        const auto microseconds = 1500 * static_cast<unsigned>(timer.elapsed());
        for (int i = 0; i < 30; ++i) {
            std::filesystem::remove(file);
            std::filesystem::remove(journalPath(file));
            const auto child = fork();
            QVERIFY(child >= 0);
            if (child == 0) {
                auto writer = TraceWriter::create(file, r.plan, {.packingThreads = packingThreads});
                if (writer && feedTokenMajor(**writer, r, 100))
                    (void)(*writer)->finish(true);
                _exit(0);
            }
            usleep(random() % microseconds);
            kill(child, SIGKILL);
            int status = 0;
            waitpid(child, &status, 0);
            if (complete(file)) {
                QCOMPARE(contents(file), whole);
                continue;
            }
            ++interrupted;
            if (i % 2 == 0)
                (void)repairTrace(file);
            if (complete(file))
                QCOMPARE(contents(file), whole);
            else
                QCOMPARE(goOn(file, r, false, whole), QString());
        }
        qInfo("%d of 30 were killed before the end", interrupted);
        QVERIFY(interrupted > 3);
    }
};

EXPERTSCOPE_TEST(TestTraceResume)
#include "tst_trace_resume.moc"
