// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope-capture as a user or a program meets it: exit codes, one line an error, signals, kill -9.
#include "io/trace/trace_file.h"
#include "io/trace/trace_writer.h"
#include "tests/support/sanitizers.h"
#include "tests/support/test_main.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRandomGenerator>
#include <QScopeGuard>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <cstring>
#include <sys/resource.h>

using namespace expertscope;

namespace {

struct Run
{
    int status = -1;
    QByteArray out, err;
    QList<QJsonObject> events() const
    {
        QList<QJsonObject> list;
        for (const auto& line : out.split('\n')) {
            if (!line.isEmpty())
                list.append(QJsonDocument::fromJson(line).object());
        }
        return list;
    }
};

/// Bits, not values: NaN is equal to itself.
template <class T> bool sameBits(std::span<const T> a, std::span<const T> b)
{
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

void compareTraces(const QString& left, const QString& right)
{
    const auto a = TraceFile::open(left.toStdString()), b = TraceFile::open(right.toStdString());
    QVERIFY2(a, a ? "" : a.error().message().c_str());
    QVERIFY2(b, b ? "" : b.error().message().c_str());
    QVERIFY((*a)->summary().complete && (*b)->summary().complete);
    const RoutingShape &x = (*a)->shape(), &y = (*b)->shape();
    QCOMPARE(x.numTokens, y.numTokens);
    QVERIFY(x.sites == y.sites);
    const TokenRange all{TokenIndex(0), TokenIndex(x.numTokens)};
    for (std::uint16_t m = 0; m < x.sites.size(); ++m) {
        BlockBuffer p, q;
        const auto u = (*a)->read(SiteIndex(m), all, x.columns, p), v = (*b)->read(SiteIndex(m), all, x.columns, q);
        QVERIFY(u && v);
        QVERIFY(sameBits(u->expertIds, v->expertIds));
        QVERIFY(sameBits(u->weights, v->weights));
        QVERIFY(sameBits(u->entropy, v->entropy));
        QVERIFY(sameBits(u->margin, v->margin));
        QVERIFY(sameBits(u->tokenIds, v->tokenIds));
    }
}

}

class TestCaptureCli : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    const QString m_program = EXPERTSCOPE_BIN_DIR "/expertscope-capture";
    const QString m_model = EXPERTSCOPE_TEST_DATA "/checkpoints/olmoe-plain";

    QString path(const QString& name) const { return m_dir.filePath(name); }

    void write(const QString& name, const QByteArray& text)
    {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
    }

    Run capture(const QStringList& arguments) const
    {
        QProcess process;
        process.start(m_program, arguments);
        process.waitForFinished(120000);
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, process.readAllStandardOutput(),
            process.readAllStandardError()};
    }

    QStringList options(const QString& prompts, const QString& output) const
    {
        return {"--model", m_model, "--prompts", path(prompts), "-o", path(output), "--threads", "2"};
    }

    /// Until so many are done, those of the batch that is being computed included.
    static void waitForTokens(QProcess& process, qint64 tokens)
    {
        QByteArray seen;
        qint64 done = 0;
        while (done < tokens && process.waitForReadyRead(60000)) {
            seen += process.readAllStandardOutput();
            for (const QJsonObject& event : Run{0, seen.left(seen.lastIndexOf('\n')), {}}.events())
                done = qMax(done, event["tokens_done"].toInteger());
        }
    }

    /// Exit 1, one line on stderr that holds `part`.
    void failsWith(const QStringList& arguments, const QByteArray& part) const
    {
        const Run run = capture(arguments);
        QVERIFY2(run.status == 1, QByteArray::number(run.status) + run.err);
        QVERIFY2(run.err.startsWith("expertscope-capture: ") && run.err.count('\n') == 1, run.err);
        QVERIFY2(run.err.contains(part), run.err);
    }

private slots:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        QRandomGenerator random(5);
        const auto document = [&](int length, int number) {
            QByteArray ids;
            for (int i = 0; i < length; ++i)
                ids += (i ? "," : "") + QByteArray::number(random.bounded(96));
            return QByteArray("{\"token_ids\": [") + ids + "], \"name\": \"d" + QByteArray::number(number)
                + "\", \"labels\": {\"parity\": \"" + (number % 2 ? "odd" : "even") + "\"}}\n";
        };
        QByteArray few, many;
        for (int i = 0; i < 5; ++i)
            few += document(3 + 40 * i, i);
        for (int i = 0; i < 400; ++i)
            many += document(random.bounded(1, 400), i);
        write("few.jsonl", few);
        write("many.jsonl", many);
    }

    void capturesAndSaysSo()
    {
        const Run run = capture(options("few.jsonl", "few.h5") + QStringList{"--json", "--logits", "--loss"});
        QVERIFY2(run.status == 0, run.err);
        const auto events = run.events();
        QCOMPARE(events.first()["event"].toString(), "start");
        QCOMPARE(events.first()["tokens"].toInt(), 415);
        QVERIFY(events.first()["load_seconds"].toDouble() > 0);
        QCOMPARE(events.last()["event"].toString(), "done");
        QVERIFY(events.last()["capture_seconds"].toDouble() > 0);
        const auto trace = TraceFile::open(path("few.h5").toStdString());
        QVERIFY(trace);
        const TraceSummary& s = (*trace)->summary();
        QVERIFY(
            s.complete && s.columns.loss && s.columns.logits && s.columns.weights && s.columns.entropy && s.columns.margin);
        QCOMPARE(s.numTokens, std::uint64_t{415});
        QCOMPARE((*trace)->shape().sequences.size(), std::size_t{5});
        QCOMPARE((*trace)->shape().label("parity")->values.size(), std::size_t{2});
        for (const char* key : {"device", "dtype", "router_dtype", "torch", "threads", "batch_tokens", "attention_path",
                 "expert_path", "tie_rule", "weight_hash", "command_line", "host"})
            QVERIFY2(s.provenance.attributes.contains(key) && !s.provenance.attributes.at(key).empty(), key);
        // Logits say the same as the choices: the first id has the highest one.
        BlockBuffer buffer;
        const auto block = (*trace)->read(SiteIndex(0), {TokenIndex(0), TokenIndex(415)}, s.columns, buffer);
        QVERIFY(block);
        QCOMPARE(block->predictedIds.size(), std::size_t{415});
        for (std::size_t t = 0; t < 415; ++t) {
            const auto row = block->logits.subspan(t * block->numExperts, block->numExperts);
            QCOMPARE(std::max_element(row.begin(), row.end()) - row.begin(),
                std::ptrdiff_t{block->expertIds[t * block->numSlots]});
        }
    }

    void limitsCut()
    {
        const Run run = capture(
            options("few.jsonl", "cut.h5") + QStringList{"--json", "--max-length", "50", "--max-tokens", "120"});
        QVERIFY2(run.status == 0, run.err);
        QVERIFY(!run.events().first()["warnings"].toArray().isEmpty());
        const auto trace = TraceFile::open(path("cut.h5").toStdString());
        const auto& sequences = (*trace)->shape().sequences;
        QCOMPARE(sequences.size(), std::size_t{4}); // 3 + 43 + 50 + 24
        QCOMPARE(sequences[2].length, 50u);
        QCOMPARE(sequences[3].length, 24u);
    }

    void doesNotOverwrite()
    {
        QVERIFY(capture(options("few.jsonl", "there.h5")).status == 0);
        failsWith(options("few.jsonl", "there.h5"), "exists already");
        QVERIFY(capture(options("few.jsonl", "there.h5") + QStringList{"--force"}).status == 0);
    }

    /// A queue may start a job again that is done.
    void resumeOfACompleteTrace()
    {
        const QStringList all = options("few.jsonl", "done.h5");
        QVERIFY(capture(all).status == 0);
        QFile file(path("done.h5"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray before = file.readAll();
        const Run again = capture(all + QStringList{"--resume", "--json"});
        QVERIFY2(again.status == 0, again.err);
        QVERIFY(again.events().last()["already"].toBool() && again.events().last()["complete"].toBool());
        const Run person = capture(all + QStringList{"--resume"});
        QCOMPARE(person.status, 0);
        QVERIFY2(person.err.contains("complete already"), person.err);
        QVERIFY(file.seek(0));
        QCOMPARE(file.readAll(), before);
        QVERIFY(!QFile::exists(path("done.h5.part")));
    }

    void resumeWithOtherOptions_data()
    {
        QTest::addColumn<QStringList>("more");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("prompts") << QStringList{"--max-tokens", "400"}
                                 << QByteArray("the prompts differ (400 tokens, 415 before)");
        QTest::newRow("logits") << QStringList{"--logits"} << QByteArray("logits are recorded and were not");
        QTest::newRow("loss") << QStringList{"--loss"} << QByteArray("losses are recorded and were not");
        QTest::newRow("sites") << QStringList{"--sites", "0"} << QByteArray("1 sites are recorded and 3 were");
        QTest::newRow("batches") << QStringList{"--batch-tokens", "128"} << QByteArray("batching is '128 tokens");
        QTest::newRow("dtype") << QStringList{"--dtype", "bf16"} << QByteArray("dtype is 'bfloat16' and was 'float32'");
        QTest::newRow("two") << QStringList{"--logits", "--batch-tokens", "128"}
                             << QByteArray("logits are recorded and were not; batching is");
    }

    /// Of what is to be gone on with, a complete trace, a stopped one or a journal, it is said in what it differs.
    void resumeWithOtherOptions()
    {
        QFETCH(QStringList, more);
        QFETCH(QByteArray, says);
        if (!QFile::exists(path("other.h5")))
            QVERIFY(capture(options("few.jsonl", "other.h5")).status == 0);
        failsWith(options("few.jsonl", "other.h5") + more + QStringList{"--resume"}, says);
        for (const char* name : {"incomplete.h5", "journal.h5"}) {
            if (!QFile::exists(path(name)) && !QFile::exists(path(QString(name) + ".part")))
                makeUnfinished(name, name == QByteArray("incomplete.h5"));
            failsWith(options("few.jsonl", name) + more + QStringList{"--resume"}, says);
        }
    }

    /// What another capture of the same plan has begun: a journal with its first tokens, or a trace made of that.
    void makeUnfinished(const QString& name, bool trace)
    {
        QVERIFY(QFile::exists(path("other.h5")));
        const auto whole = TraceFile::open(path("other.h5").toStdString());
        QVERIFY(whole);
        TracePlan plan;
        plan.sites = (*whole)->shape().sites;
        plan.columns = {.weights = true, .entropy = true, .margin = true, .tokenIds = true};
        for (const Sequence& sequence : (*whole)->shape().sequences) {
            PlannedSequence planned;
            planned.name = sequence.name;
            planned.source = sequence.source;
            const auto ids = (*whole)->tokenIds({sequence.begin, TokenIndex(sequence.begin.value + sequence.length)});
            QVERIFY(ids);
            planned.tokenIds = *ids;
            plan.sequences.push_back(std::move(planned));
        }
        for (const Label& label : (*whole)->shape().labels) {
            for (std::size_t i = 0; i < label.codes.size(); ++i)
                plan.sequences[i].labels[label.name] = label.values[std::size_t(label.codes[i])];
        }
        plan.provenance = (*whole)->summary().provenance;
        auto writer = TraceWriter::create(path(name).toStdString(), plan);
        QVERIFY2(writer, writer ? "" : writer.error().message().c_str());
        BlockBuffer buffer;
        for (std::uint16_t m = 0; m < plan.sites.size(); ++m) {
            const auto block = (*whole)->read(SiteIndex(m), {TokenIndex(0), TokenIndex(50)}, plan.columns, buffer);
            QVERIFY(block);
            RoutingSlab slab;
            slab.firstSite = SiteIndex(m);
            slab.numSites = 1;
            slab.numTokens = 50;
            slab.expertIds = block->expertIds;
            slab.weights = block->weights;
            slab.entropy = block->entropy;
            slab.margin = block->margin;
            QVERIFY((*writer)->append(slab));
        }
        QVERIFY(trace ? (*writer)->finish(false) : (*writer)->suspend());
    }

    /// --force begins anew, but not while another one is at it: that one ends as if nothing had been.
    void forceAsksForTheLock()
    {
        QProcess first;
        first.start(m_program, options("many.jsonl", "busy.h5") + QStringList{"--batch-tokens", "256", "--json"});
        QVERIFY(first.waitForStarted());
        QByteArray seen;
        while (!seen.contains("\"start\"") && first.waitForReadyRead(60000))
            seen += first.readAllStandardOutput();
        QVERIFY(QFile::exists(path("busy.h5.part")));
        ::kill(static_cast<pid_t>(first.processId()), SIGSTOP);
        failsWith(options("few.jsonl", "busy.h5") + QStringList{"--force"}, "another process is writing this trace");
        QVERIFY(QFile::exists(path("busy.h5.part")));
        ::kill(static_cast<pid_t>(first.processId()), SIGCONT);
        QVERIFY(first.waitForFinished(60000));
        QCOMPARE(first.exitCode(), 0);
        const auto summary = TraceFile::summary(path("busy.h5").toStdString());
        QVERIFY(summary && summary->complete);
    }

    /// No other file than a journal is given up for one.
    void forceLeavesOtherFiles()
    {
        write("notes.h5.part", "my notes");
        failsWith(options("few.jsonl", "notes.h5") + QStringList{"--force"}, "is not a journal of a capture");
        QFile file(path("notes.h5.part"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("my notes"));
    }

    /// Where the system starts no thread, one does all of it.
    void noThreads()
    {
#ifdef EXPERTSCOPE_SANITIZED
        QSKIP("sanitizers need more address space than that");
#endif
        QProcess process;
        // The stack of a thread is as large as the limit: more than all the memory that the program may have.
        process.setChildProcessModifier([] {
            const rlimit stack{rlim_t{64} << 30, RLIM_INFINITY}, memory{rlim_t{16} << 30, RLIM_INFINITY};
            setrlimit(RLIMIT_STACK, &stack);
            setrlimit(RLIMIT_AS, &memory);
        });
        QStringList arguments = options("few.jsonl", "alone.h5");
        arguments.last() = "4"; // threads
        process.start(m_program, arguments);
        QVERIFY(process.waitForFinished(120000));
        const QByteArray said = process.readAllStandardError();
        QVERIFY2(process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0, said);
        QVERIFY2(said.contains("only 1 of 4 threads could be started"), said);
        QVERIFY(capture(options("few.jsonl", "together.h5")).status == 0);
        compareTraces(path("alone.h5"), path("together.h5"));
    }

    /// LibTorch may lie where this user cannot read it: one line says where it was looked for, and what to do.
    void noTorch()
    {
        qputenv("EXPERTSCOPE_TORCH_DIR", "/nonexistent/torch");
        const auto restore = qScopeGuard([] { qunsetenv("EXPERTSCOPE_TORCH_DIR"); });
        failsWith(options("few.jsonl", "no.h5"), "/nonexistent/torch/lib/libtorch_cpu.so: No such file or directory");
        failsWith(options("few.jsonl", "no.h5"), "set EXPERTSCOPE_TORCH_DIR");
        QCOMPARE(capture({"--help"}).status, 0);
        QVERIFY(!QFile::exists(path("no.h5.part")));
    }

    void wrongUse_data()
    {
        QTest::addColumn<QStringList>("arguments");
        const QStringList good{"--model", "m", "--prompts", "p", "-o", "t.h5"};
        QTest::newRow("nothing") << QStringList{};
        QTest::newRow("unknown option") << good + QStringList{"--fast"};
        QTest::newRow("no output") << QStringList{"--model", "m", "--prompts", "p"};
        QTest::newRow("device") << good + QStringList{"--device", "tpu"};
        QTest::newRow("dtype") << good + QStringList{"--dtype", "int4"};
        QTest::newRow("batch 0") << good + QStringList{"--batch-tokens", "0"};
        QTest::newRow("batch -1") << good + QStringList{"--batch-tokens", "-1"};
        QTest::newRow("threads") << good + QStringList{"--threads", "many"};
        QTest::newRow("resume and force") << good + QStringList{"--resume", "--force"};
    }

    void wrongUse()
    {
        QFETCH(QStringList, arguments);
        const Run run = capture(arguments);
        QCOMPARE(run.status, 2);
        QVERIFY(!run.err.isEmpty());
    }

    void badInput_data()
    {
        QTest::addColumn<QByteArray>("prompts"); // contents; empty = few.jsonl
        QTest::addColumn<QStringList>("more");
        QTest::addColumn<QByteArray>("says");
        const QByteArray none;
        const auto bad = [](const char* name, const QByteArray& text, const QByteArray& says) {
            QTest::newRow(name) << text << QStringList{} << says;
        };
        bad("id beyond the vocabulary", "{\"token_ids\": [1, 96]}\n", "bad.jsonl:1");
        bad("negative id", "{\"token_ids\": [1]}\n{\"token_ids\": [-1]}\n", "bad.jsonl:2");
        bad("id of 2^40", "{\"token_ids\": [1099511627776]}\n", "bad.jsonl:1");
        bad("fraction", "{\"token_ids\": [1.5]}\n", "bad.jsonl:1");
        bad("no ids", "{\"token_ids\": []}\n", "bad.jsonl:1");
        bad("ids are text", "{\"token_ids\": \"1 2\"}\n", "bad.jsonl:1");
        bad("neither text nor ids", "{\"name\": \"x\"}\n", "bad.jsonl:1");
        bad("not JSON", "{\"token_ids\": [1]}\nhello\n", "bad.jsonl:2");
        bad("cut JSON", "{\"token_ids\": [1, 2", "bad.jsonl:1");
        bad("an array", "[1, 2]\n", "bad.jsonl: value 1");
        bad("labels are no object", "{\"token_ids\": [1], \"labels\": 3}\n", "bad.jsonl:1");
        bad("not UTF-8", "{\"token_ids\": [1], \"name\": \"\xff\"}\n", "bad.jsonl:1");
        bad("nothing but blanks", "\n \n", "bad.jsonl");
        bad("text without a tokenizer", "{\"text\": \"hello\"}\n", "tokenizer.json");
        const auto option = [&](const char* name, const QStringList& more, const QByteArray& says) {
            QTest::newRow(name) << none << more << says;
        };
        option("site list", {"--sites", "0-"}, "--sites");
        option("site list reversed", {"--sites", "2-1"}, "--sites");
        option("site list junk", {"--sites", "0,x"}, "--sites");
        option("site beyond", {"--sites", "0,3"}, "--sites");
        option("site number too large", {"--sites", "70000"}, "--sites");
        option("no such folder", {"-o", "/nonexistent/trace.h5"}, "/nonexistent");
        option("output is a folder", {"-o", "/tmp"}, "/tmp");
        option("model is missing", {"--model", "/nonexistent"}, "/nonexistent");
        option("prompts are missing", {"--prompts", "/nonexistent"}, "/nonexistent");
    }

    void badInput()
    {
        QFETCH(QByteArray, prompts);
        QFETCH(QStringList, more);
        QFETCH(QByteArray, says);
        if (!prompts.isEmpty())
            write("bad.jsonl", prompts);
        QStringList arguments = options(prompts.isEmpty() ? "few.jsonl" : "bad.jsonl", "bad.h5");
        for (int i = 0; i + 1 < more.size(); i += 2) { // replaces the option if it is there
            const auto at = arguments.indexOf(more[i]);
            if (at >= 0)
                arguments[at + 1] = more[i + 1];
            else
                arguments += QStringList{more[i], more[i + 1]};
        }
        failsWith(arguments, says);
        QVERIFY(!QFile::exists(path("bad.h5")));
        QVERIFY(!QFile::exists(path("bad.h5.part")));
    }

    void badCheckpoint_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<int>("cutTo"); // -1 = remove
        QTest::newRow("no config") << "config.json" << -1;
        QTest::newRow("cut config") << "config.json" << 100;
        QTest::newRow("no weights") << "model.safetensors" << -1;
        QTest::newRow("cut header") << "model.safetensors" << 200;
        QTest::newRow("cut data") << "model.safetensors" << 40000;
        QTest::newRow("empty weights") << "model.safetensors" << 0;
    }

    void badCheckpoint()
    {
        QFETCH(QString, file);
        QFETCH(int, cutTo);
        QTemporaryDir copy;
        for (const char* name : {"config.json", "model.safetensors"})
            QVERIFY(QFile::copy(m_model + "/" + name, copy.filePath(name)));
        QFile victim(copy.filePath(file));
        QVERIFY(cutTo < 0 ? victim.remove() : victim.resize(cutTo));
        QStringList arguments = options("few.jsonl", "bad.h5");
        arguments[1] = copy.path();
        failsWith(arguments, copy.path().toUtf8());
    }

    void noGpuIsAClearError()
    {
        if (QFile::exists("/dev/nvidia0"))
            QSKIP("there is a GPU");
        failsWith(options("few.jsonl", "gpu.h5") + QStringList{"--device", "cuda"}, "cuda");
    }

    void interruptLeavesAReadableFile()
    {
        const auto reference = capture(options("many.jsonl", "whole.h5") + QStringList{"--batch-tokens", "512"});
        QVERIFY2(reference.status == 0, reference.err);
        for (const int signal : {SIGINT, SIGTERM}) {
            QFile::remove(path("stopped.h5"));
            QProcess process;
            const QStringList arguments =
                options("many.jsonl", "stopped.h5") + QStringList{"--batch-tokens", "512", "--json"};
            process.start(m_program, arguments);
            QVERIFY(process.waitForStarted());
            waitForTokens(process, 2048);
            ::kill(static_cast<pid_t>(process.processId()), signal);
            QVERIFY(process.waitForFinished(60000));
            QCOMPARE(process.exitStatus(), QProcess::NormalExit);
            if (process.exitCode() == 0)
                continue; // it was faster than the signal
            QCOMPARE(process.exitCode(), 1);
            const QByteArray error = process.readAllStandardError();
            QVERIFY2(error.startsWith("expertscope-capture: stopping"), error);
            QVERIFY2(error.count('\n') == 2 && error.contains("--resume"), error);
            const auto trace = TraceFile::open(path("stopped.h5").toStdString());
            QVERIFY2(trace, trace ? "" : trace.error().message().c_str());
            QVERIFY(!(*trace)->summary().complete);
            QVERIFY((*trace)->summary().numTokens > 0);
            const Run again =
                capture(options("many.jsonl", "stopped.h5") + QStringList{"--batch-tokens", "512", "--resume"});
            QVERIFY2(again.status == 0, again.err);
            compareTraces(path("whole.h5"), path("stopped.h5"));
        }
    }

    /// --force was to replace a trace by a whole one, not by a part of one.
    void stoppedForceKeepsWhatWasThere()
    {
        QVERIFY(capture(options("few.jsonl", "old.h5")).status == 0);
        const auto before = TraceFile::summary(path("old.h5").toStdString());
        QProcess process;
        process.start(
            m_program, options("many.jsonl", "old.h5") + QStringList{"--batch-tokens", "512", "--json", "--force"});
        QVERIFY(process.waitForStarted());
        waitForTokens(process, 2048);
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(60000));
        if (process.exitCode() == 0)
            QSKIP("it was faster than the signal");
        const QByteArray error = process.readAllStandardError();
        QVERIFY2(error.contains("kept beside it (--resume"), error);
        const auto after = TraceFile::summary(path("old.h5").toStdString());
        QVERIFY(before && after && after->complete && after->uuid == before->uuid);
        QVERIFY(QFile::exists(path("old.h5.part")));
        const Run again = capture(options("many.jsonl", "old.h5") + QStringList{"--batch-tokens", "512", "--resume"});
        QVERIFY2(again.status == 0, again.err);
        QVERIFY(capture(options("many.jsonl", "new.h5") + QStringList{"--batch-tokens", "512"}).status == 0);
        compareTraces(path("new.h5"), path("old.h5"));
    }

    /// Acceptance E: EXPERTSCOPE_KILLS=30 for the full count.
    void killAnywhereThenResume()
    {
        bool given = false;
        const int asked = qEnvironmentVariableIntValue("EXPERTSCOPE_KILLS", &given);
        const int kills = given ? asked : 6;
        const QStringList more{"--batch-tokens", "512"};
        QElapsedTimer timer;
        timer.start();
        QFile::remove(path("whole.h5"));
        QVERIFY(capture(options("many.jsonl", "whole.h5") + more).status == 0);
        const int whole = static_cast<int>(timer.elapsed());
        int torn = 0, repaired = 0;
        QRandomGenerator random(11);
        for (int i = 0; i < kills; ++i) {
            QFile::remove(path("killed.h5"));
            QFile::remove(path("killed.h5.part"));
            QProcess process;
            process.start(m_program, options("many.jsonl", "killed.h5") + more);
            QVERIFY(process.waitForStarted());
            process.waitForFinished(random.bounded(whole / 10, whole + 1));
            process.kill();
            process.waitForFinished();
            const bool left = QFile::exists(path("killed.h5.part"));
            torn += left;
            if (left && i % 2 == 0) { // half of them by way of `expertscope repair`
                const auto report = repairTrace(path("killed.h5").toStdString());
                if (report && QFile::exists(path("killed.h5"))) {
                    ++repaired;
                    const auto trace = TraceFile::open(path("killed.h5").toStdString());
                    QVERIFY2(trace, trace ? "" : trace.error().message().c_str());
                    QVERIFY(!(*trace)->summary().complete || report->tokensKept == report->tokensPlanned);
                }
            }
            const auto existing = TraceFile::summary(path("killed.h5").toStdString());
            if (!(existing && existing->complete)) {
                const Run again = capture(options("many.jsonl", "killed.h5") + more + QStringList{"--resume"});
                QVERIFY2(again.status == 0, again.err);
            }
            compareTraces(path("whole.h5"), path("killed.h5"));
            if (QTest::currentTestFailed())
                return;
        }
        qInfo("%d kills: %d left a torn file, %d repaired first", kills, torn, repaired);
    }
};

EXPERTSCOPE_TEST(TestCaptureCli)
#include "tst_capture_cli.moc"
