// SPDX-License-Identifier: GPL-3.0-or-later
//
// Every command that writes a file, with every kind of path that it may be given: nothing of the user's is lost, nothing
// is left behind, and what went wrong is said in one line.
#include "cli_fixture.h"
#include "io/trace/trace_file.h"
#include "tests/support/sanitizers.h"
#include "tests/support/test_main.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <csignal>
#include <functional>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/capability.h>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// One that writes a file. Its files lie in the folder it runs in.
struct Writer
{
    QString name;
    QStringList arguments; ///< without -o
    QString option = "-o", ending;
    QStringList inputs; ///< what it reads, of which none may be replaced; in `ending` where that chooses the format
    bool needsFile = false; ///< pipes and devices will not do
    bool asksAlways = false; ///< not even its like is replaced without --force
    QStringList beside{}; ///< what else it writes, by ending
};

/// What a program that is started must make do with.
struct Limits
{
    rlim_t fileBytes = RLIM_INFINITY;
    bool asEverybody = false; ///< permissions count, also for root
    QString standardOutput{};
};

}

class TestOutputs : public QObject
{
    Q_OBJECT

    QTemporaryDir m_inputs;
    std::unique_ptr<QTemporaryDir> m_folder;
    QList<Writer> m_writers;
    bool m_capture = QFile::exists(EXPERTSCOPE_BIN_DIR "/expertscope-capture");

    Outcome start(const QStringList& arguments, const Limits& limits) const
    {
        QProcess process;
        auto variables = QProcessEnvironment::systemEnvironment();
        variables.insert("EXPERTSCOPE_CACHE", m_inputs.filePath("cache"));
        process.setProcessEnvironment(variables);
        process.setWorkingDirectory(m_folder->path());
        if (!limits.standardOutput.isEmpty())
            process.setStandardOutputFile(limits.standardOutput);
        process.setChildProcessModifier([limits] {
            if (limits.fileBytes != RLIM_INFINITY) {
                const rlimit limit{limits.fileBytes, limits.fileBytes};
                setrlimit(RLIMIT_FSIZE, &limit);
            }
            if (limits.asEverybody)
                prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0);
        });
        process.start(EXPERTSCOPE_BIN_DIR "/expertscope", arguments);
        if (!process.waitForFinished(120000))
            return {};
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2,
            process.readAllStandardOutput(), process.readAllStandardError()};
    }
    Outcome write(const Writer& writer, const QString& to, bool force = false, const Limits& limits = {}) const
    {
        QStringList arguments = writer.arguments;
        arguments << writer.option << to;
        if (force)
            arguments << "--force";
        return start(arguments, limits);
    }

    QString at(const QString& name) const { return m_folder->filePath(name); }
    QByteArray bytes(const QString& name) const
    {
        QFile file(at(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(not there)");
    }
    void put(const QString& name, const QByteArray& content) const
    {
        QFile file(at(name));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
    }
    QStringList entries() const
    {
        return QDir(m_folder->path()).entryList(
            QDir::AllEntries | QDir::System | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
    }
    mode_t modeOf(const QString& name) const
    {
        struct stat info{};
        return lstat(at(name).toUtf8().constData(), &info) == 0 ? info.st_mode : 0;
    }
    /// Names of what the writer writes, for the one it is told.
    QStringList filesOf(const Writer& writer, const QString& name) const
    {
        QStringList files{name};
        for (const QString& ending : writer.beside)
            files << name.chopped(writer.ending.size()) + ending;
        return files;
    }

#define REFUSED(outcome, text)                                                                                         \
    do {                                                                                                               \
        const Outcome& o = (outcome);                                                                                  \
        QVERIFY2(o.status == 1, QByteArray::number(o.status) + o.err + o.out);                                         \
        QVERIFY2(o.err.count('\n') == 1 && o.err.contains(text), o.err.constData());                                   \
    } while (false)
#define DONE(outcome)                                                                                                  \
    do {                                                                                                               \
        const Outcome& o = (outcome);                                                                                  \
        QVERIFY2(o.status == 0, QByteArray::number(o.status) + o.err);                                                 \
    } while (false)

    // The kinds of paths.

    void newFile(const Writer& w)
    {
        const QString name = "out" + w.ending;
        const QStringList before = entries();
        DONE(write(w, name));
        QStringList after = before + filesOf(w, name);
        after.sort();
        QCOMPARE(entries(), after);
        QVERIFY(!bytes(name).isEmpty());
    }

    void longName(const Writer& w)
    {
        const QString name = QString(250 - w.ending.size(), 'n') + w.ending;
        DONE(write(w, name));
        for (const QString& file : filesOf(w, name))
            QVERIFY(QFile::remove(at(file)));
        newFile(w); // and nothing else was left
    }

    void itsOwn(const Writer& w)
    {
        const QString name = "out" + w.ending;
        newFile(w);
        const QStringList before = entries();
        QCOMPARE(chmod(at(name).toUtf8().constData(), 0640), 0);
        if (w.asksAlways)
            REFUSED(write(w, name), "exists already (");
        DONE(write(w, name, w.asksAlways));
        QCOMPARE(entries(), before);
        QCOMPARE(modeOf(name) & 07777, mode_t(0640));
    }

    void another(const Writer& w)
    {
        const QByteArray foreign = "a,b\n1,2\n";
        for (const QString& name : filesOf(w, "out" + w.ending)) {
            put(name, foreign);
            const QStringList before = entries();
            REFUSED(write(w, "out" + w.ending), "--force replaces ");
            QCOMPARE(bytes(name), foreign);
            QCOMPARE(entries(), before);
            DONE(write(w, "out" + w.ending, true));
            QVERIFY(bytes(name) != foreign);
            for (const QString& file : filesOf(w, "out" + w.ending))
                QVERIFY(QFile::remove(at(file)));
        }
    }

    void anInput(const Writer& w, const std::function<QString(const QString& input)>& named)
    {
        for (const QString& input : w.inputs) {
            const QByteArray content = bytes(input);
            const QString name = named(input);
            const QStringList before = entries();
            for (const bool force : {false, true}) {
                REFUSED(write(w, name, force), "is read by this command, which never replaces it");
                QCOMPARE(bytes(input), content);
                QCOMPARE(entries(), before);
            }
        }
    }

    void device(const Writer& w)
    {
        const QString name = "null" + w.ending;
        if (mknod(at(name).toUtf8().constData(), S_IFCHR | 0666, makedev(1, 3)) != 0)
            QCOMPARE(symlink("/dev/null", at(name).toUtf8().constData()), 0);
        takesBytes(w, name);
    }
    void takesBytes(const Writer& w, const QString& name)
    {
        const mode_t mode = modeOf(name);
        const QStringList before = entries();
        for (const bool force : {false, true}) {
            if (w.needsFile)
                REFUSED(write(w, name, force), "no file, as is needed for");
            else
                DONE(write(w, name, force));
        }
        QCOMPARE(modeOf(name), mode);
        QCOMPARE(entries(), before);
    }

    void fifo(const Writer& w)
    {
        const QString name = "pipe" + w.ending;
        QCOMPARE(mkfifo(at(name).toUtf8().constData(), 0666), 0);
        // Open for reading and writing, so that nobody waits for the other end; and as large as it may be.
        const int end = open(at(name).toUtf8().constData(), O_RDWR | O_NONBLOCK);
        QVERIFY(end >= 0);
        fcntl(end, F_SETPIPE_SZ, 1 << 20);
        takesBytes(w, name);
        QByteArray got(1 << 20, '\0');
        const ssize_t n = read(end, got.data(), std::size_t(got.size()));
        close(end);
        QCOMPARE(n > 0, !w.needsFile);
    }

    void folder(const Writer& w)
    {
        const QString name = "folder" + w.ending;
        QVERIFY(QDir(m_folder->path()).mkdir(name));
        const QStringList before = entries();
        REFUSED(write(w, name, true), ": Is a directory");
        REFUSED(write(w, "no/such" + w.ending), ": No such file or directory");
        QCOMPARE(entries(), before);
    }

    void readOnlyFolder(const Writer& w)
    {
        const QString name = "readonly/out" + w.ending;
        QVERIFY(QDir(m_folder->path()).mkdir("readonly"));
        QCOMPARE(chmod(at("readonly").toUtf8().constData(), 0555), 0);
        Limits limits;
        limits.asEverybody = true;
        REFUSED(write(w, name, false, limits), ": Permission denied");
        chmod(at("readonly").toUtf8().constData(), 0755);
        QVERIFY(QDir(at("readonly")).isEmpty());
    }

    void fullDisk(const Writer& w)
    {
        const QString name = "out" + w.ending;
        const QStringList before = entries();
        const auto full = [&](rlim_t bytes, bool force) {
            Limits limits;
            limits.fileBytes = bytes;
            return write(w, name, force, limits);
        };
        for (const rlim_t bytes : {rlim_t(0), rlim_t(64), rlim_t(4096)}) {
            const Outcome outcome = full(bytes, false);
            if (outcome.status == 0) { // small enough
                QVERIFY(bytes > 0);
                for (const QString& file : filesOf(w, name))
                    QVERIFY(QFile::remove(at(file)));
                continue;
            }
            REFUSED(outcome, ": File too large");
            if (w.name == "capture" && bytes > 0)
                QFile::remove(at(name + ".part")); // is kept, to go on with
            QCOMPARE(entries(), before);
        }
        // What was there stays.
        DONE(write(w, name));
        const QByteArray content = bytes(name);
        const QStringList there = entries();
        REFUSED(full(0, true), ": File too large");
        QCOMPARE(bytes(name), content);
        QCOMPARE(entries(), there);
    }

    void standardOutput(const Writer& w)
    {
        const QStringList before = entries();
        if (w.needsFile) {
            const Outcome outcome = write(w, "-");
            QVERIFY2(outcome.status > 0 && !outcome.out.contains("\x89HDF"), outcome.err);
        } else {
            const Outcome dash = write(w, "-"), device = write(w, "/dev/stdout");
            DONE(dash);
            DONE(device);
            QVERIFY(!dash.out.isEmpty() && device.out.endsWith(dash.out));
            Limits lost;
            lost.standardOutput = "/dev/full";
            REFUSED(write(w, "-", false, lost), ": standard output: No space left on device");
            // Where it goes to a file, that is not made anew.
            put("log", "before\n");
            Limits appended;
            appended.standardOutput = at("log");
            DONE(write(w, "/dev/stdout", false, appended));
            QVERIFY(bytes("log").endsWith(dash.out));
            QVERIFY(QFile::remove(at("log")));
        }
        QCOMPARE(entries(), before);
    }

    void linksStay(const Writer& w)
    {
        QVERIFY(QDir(m_folder->path()).mkdir("elsewhere"));
        const QString name = "link" + w.ending, target = "elsewhere/target" + w.ending;
        QVERIFY(QFile::link(target, at(name))); // to nothing yet
        const QStringList before = entries();
        for (int again = 0; again < 2; ++again) {
            DONE(write(w, name, again > 0 && w.asksAlways));
            QVERIFY(S_ISLNK(modeOf(name)));
            QVERIFY(QFileInfo(at(target)).size() > 0);
            QCOMPARE(QDir(at("elsewhere")).entryList(QDir::Files | QDir::Hidden).size(), 1);
        }
        for (const QString& file : filesOf(w, name).mid(1))
            QVERIFY(QFile::remove(at(file)));
        QCOMPARE(entries(), before);
    }

    using Kind = void (TestOutputs::*)(const Writer&);
    QMap<QString, std::function<void(const Writer&)>> kinds()
    {
        const auto of = [this](Kind kind) { return [this, kind](const Writer& w) { (this->*kind)(w); }; };
        const auto link = [this](bool hard) {
            return [this, hard](const QString& input) {
                const QString name = (hard ? "hard " : "link ") + input.section('/', -1);
                const QByteArray from = at(input).toUtf8(), to = at(name).toUtf8();
                if ((hard ? ::link(from, to) : symlink(from, to)) != 0)
                    qFatal("no link");
                return name;
            };
        };
        return {{"new file", of(&TestOutputs::newFile)}, {"name of 250 bytes", of(&TestOutputs::longName)},
            {"its own", of(&TestOutputs::itsOwn)}, {"another kind", of(&TestOutputs::another)},
            {"input", [this](const Writer& w) { anInput(w, [](const QString& input) { return input; }); }},
            {"link to input", [this, link](const Writer& w) { anInput(w, link(false)); }},
            {"hard link to input", [this, link](const Writer& w) { anInput(w, link(true)); }},
            {"input by a linked folder",
                [this](const Writer& w) {
                    QVERIFY(QFile::link(m_folder->path(), at("linked")));
                    anInput(w, [](const QString& input) { return "linked/" + input; });
                }},
            {"device", of(&TestOutputs::device)}, {"fifo", of(&TestOutputs::fifo)},
            {"directory", of(&TestOutputs::folder)}, {"read-only folder", of(&TestOutputs::readOnlyFolder)},
            {"full disk", of(&TestOutputs::fullDisk)}, {"standard output", of(&TestOutputs::standardOutput)},
            {"link", of(&TestOutputs::linksStay)}};
    }

    void declareWriters()
    {
        const QStringList load{"--metric", "load"};
        const auto results = [&](const QString& name, const QStringList& arguments, const QStringList& inputs) {
            m_writers.append({name + " JSON", arguments + QStringList{"--json"}, "-o", ".x", inputs});
        };
        results("analyze", QStringList{"analyze", "a.h5"} + load, {"a.h5"});
        m_writers.append({"analyze tables", QStringList{"analyze", "a.txt"} + load, "-o", ".txt", {"a.txt"}});
        m_writers.append({"analyze CSV", QStringList{"analyze", "a.csv"} + load, "-o", ".csv", {"a.csv"}});
        m_writers.append({"analyze LaTeX", QStringList{"analyze", "a.tex"} + load, "-o", ".tex", {"a.tex"}});
        m_writers.append({"analyze HDF5", QStringList{"analyze", "a.h5", "--hdf5"} + load, "-o", ".h5", {"a.h5"}, true});
        m_writers.append({"analyze part", QStringList{"analyze", "a.h5", "--shard", "1/1"} + load, "-o", ".esp",
            {"a.h5"}});
        results("compare", QStringList{"compare", "a.h5", "b.h5"} + load, {"a.h5", "b.h5"});
        m_writers.append({"compare tables", QStringList{"compare", "a.txt", "b.h5"} + load, "-o", ".txt", {"a.txt"}});
        m_writers.append({"compare CSV", QStringList{"compare", "a.csv", "b.h5"} + load, "-o", ".csv", {"a.csv"}});
        m_writers.append({"compare LaTeX", QStringList{"compare", "a.tex", "b.h5"} + load, "-o", ".tex", {"a.tex"}});
        m_writers.append({"summary", {"summary", "a.h5", "--labels", "none"}, "-o", ".h5", {"a.h5"}, true});
        results("merge", {"merge", "part.esp"}, {"part.esp", "a.h5"});
        results("merge with a trace", {"merge", "part.esp", "--trace", "a.csv"}, {"part.esp", "a.csv"});
        const QStringList cache{"simulate", "cache", "c.h5", "--capacity", "2", "--policy", "lru"};
        results("simulate cache", cache + QStringList{"--cold", "preload:lists.json", "--model", "config.json",
            "--hardware", "machine.json"}, {"c.h5", "lists.json", "config.json", "machine.json"});
        m_writers.append({"simulate cache tables", QStringList{"simulate", "cache", "c.txt", "--policy", "lru"}, "-o",
            ".txt", {"c.txt"}});
        m_writers.append({"simulate cache HDF5", cache + QStringList{"--hdf5"}, "-o", ".h5", {"c.h5"}, true});
        results("simulate cache --reroute", {"simulate", "cache", "logits.h5", "--reroute", "lambda=0.1", "--capacity",
            "4"}, {"logits.h5"});
        results("simulate topk", {"simulate", "topk", "a.h5", "--keep", "2", "--capacity", "4"}, {"a.h5"});
        const QStringList placement{"simulate", "placement", "a.h5", "--gpus", "2", "--planner", "contiguous"};
        results("simulate placement", placement + QStringList{"--plan", "plan.json"}, {"a.h5", "plan.json"});
        m_writers.append({"simulate placement tables",
            QStringList{"simulate", "placement", "a.txt", "--gpus", "2", "--planner", "contiguous"}, "-o", ".txt",
            {"a.txt"}});
        for (const QString form : {"full", "sglang", "list"})
            m_writers.append({"export " + form, placement + QStringList{"--export-form", form, "--plan", "plan.json",
                "-o", "/dev/null"}, "--export", ".json", {"a.h5", "plan.json"}});
        m_writers.append({"synth", {"synth", "uniform", "--tokens", "64", "--sites", "2"}, "-o", ".h5", {}, true, true});
        if (m_capture)
            m_writers.append({"capture", {"capture", "--model", "model", "--prompts", "prompts.jsonl", "--json"}, "-o", ".h5",
                {"prompts.jsonl", "model/config.json", "model/model.safetensors"}, true, true});
        if (QFile::exists(EXPERTSCOPE_BIN_DIR "/../lib/libexpertscope_figure.so")) {
            for (const QString ending : {".pdf", ".svg", ".png"})
                m_writers.append({"figure " + ending.mid(1), {"figure", "load", "a" + ending, "--dpi", "72"}, "-o",
                    ending, {"a" + ending}, true, false, {".csv", ".json"}});
            for (const QString& ending : {QString(".html"), QString(".pdf")})
                m_writers.append({"report " + ending.mid(1), {"report", "a" + ending}, "-o", ending, {"a" + ending}, true});
            m_writers.append({"figure --alone", {"figure", "load", "a.pdf", "--spec", "spec.svg", "--alone"}, "-o",
                ".svg", {"spec.svg"}, true});
        }
    }

    void makeInputs()
    {
        QVERIFY(QDir(m_inputs.path()).mkdir("in"));
        const QDir in(m_inputs.filePath("in"));
        writeTraceM(in.filePath("a.h5"));
        writeTraceM(in.filePath("b.h5"), 'B');
        for (const char* ending : {"txt", "csv", "tex", "pdf", "svg", "png", "html"})
            QVERIFY(QFile::copy(in.filePath("a.h5"), in.filePath(QString("a.") + ending)));
        writeCacheFixture(in.filePath("c.h5"));
        QVERIFY(QFile::copy(in.filePath("c.h5"), in.filePath("c.txt")));
        const auto put = [&](const QString& name, const QByteArray& content) {
            QFile file(in.filePath(name));
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
        };
        put("lists.json", "[[0, 1], [0, 1], [0, 1]]");
        QVERIFY(QFile::copy(QStringLiteral(EXPERTSCOPE_SOURCE_DIR "/resources/hardware/desktop-4090.json"),
            in.filePath("machine.json")));
        QVERIFY(QFile::copy(
            QStringLiteral(EXPERTSCOPE_TEST_DATA "/checkpoints/olmoe-plain/config.json"), in.filePath("config.json")));
        put("prompts.jsonl", "{\"token_ids\": [1, 2, 3]}\n{\"token_ids\": [4, 5]}\n");
        QVERIFY(in.mkdir("model"));
        const QDir model(EXPERTSCOPE_TEST_DATA "/checkpoints/olmoe-plain");
        for (const QString& name : model.entryList(QDir::Files))
            QVERIFY(QFile::copy(model.filePath(name), in.filePath("model/" + name)));
        const auto run = [&](const QStringList& arguments) {
            QProcess process;
            process.setWorkingDirectory(in.path());
            process.start(EXPERTSCOPE_BIN_DIR "/expertscope", arguments);
            QVERIFY(process.waitForFinished(60000));
            QVERIFY2(process.exitCode() == 0, process.readAllStandardError());
        };
        run({"analyze", "a.h5", "--shard", "1/1", "--metric", "load", "-o", "part.esp"});
        run({"summary", "a.h5", "-o", "summary.h5"});
        run({"simulate", "placement", "a.h5", "--gpus", "2", "--planner", "lpt_swap", "--export", "plan.json"});
        QVERIFY(QFile::copy(QStringLiteral(EXPERTSCOPE_TEST_DATA "/analysis/demo_slice.h5"), in.filePath("logits.h5")));
        put("spec.svg", "{\"expertscope_figure\": 2, \"chart\": \"load\", \"traces\": [{\"path\": \"a.pdf\"}]}");
    }

    /// What a shell makes of a line, with $E for the program.
    Outcome shell(const QString& line) const
    {
        QProcess process;
        auto variables = QProcessEnvironment::systemEnvironment();
        variables.insert("E", EXPERTSCOPE_BIN_DIR "/expertscope");
        variables.insert("EXPERTSCOPE_CACHE", m_inputs.filePath("cache"));
        process.setProcessEnvironment(variables);
        process.setWorkingDirectory(m_folder->path());
        process.start("/bin/sh", {"-c", line});
        if (!process.waitForFinished(120000))
            return {};
        return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
    }

private slots:
    void initTestCase()
    {
        makeInputs();
        declareWriters();
    }

    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QProcess::execute("cp", {"-a", m_inputs.filePath("in") + "/.", m_folder->path()});
    }

    void everyPath_data()
    {
        QTest::addColumn<int>("writer");
        QTest::addColumn<QString>("kind");
        const auto all = kinds();
        for (int i = 0; i < m_writers.size(); ++i) {
            for (auto kind = all.begin(); kind != all.end(); ++kind)
                QTest::newRow(qPrintable(m_writers[i].name + ": " + kind.key())) << i << kind.key();
        }
    }
    void everyPath()
    {
        QFETCH(int, writer);
        QFETCH(QString, kind);
        kinds()[kind](m_writers[writer]);
    }

    /// A journal that was begun: of one site and one sequence of 5 tokens.
    std::unique_ptr<TraceWriter> begun(const QString& name) const
    {
        TracePlan plan;
        plan.sites = {{.layer = 0, .numExperts = 4, .topK = 2}};
        plan.sequences.emplace_back().tokenIds.assign(5, 1);
        auto writer = TraceWriter::create(at(name).toStdString(), plan);
        return writer ? std::move(*writer) : nullptr;
    }

    void repairOnAFullDisk()
    {
        QVERIFY(begun("killed.h5") != nullptr);
        const QByteArray journal = bytes("killed.h5.part");
        const QStringList before = entries();
        Limits limits;
        limits.fileBytes = 4096;
        REFUSED(start({"repair", "killed.h5"}, limits), "killed.h5: File too large");
        QCOMPARE(bytes("killed.h5.part"), journal);
        QCOMPARE(entries(), before);
        DONE(start({"repair", "killed.h5"}, {}));
        QVERIFY(TraceFile::summary(at("killed.h5").toStdString()));
        QVERIFY(!QFile::exists(at("killed.h5.part")));
    }

    /// --force gives up what an interrupted capture left, not what only has its name, and not what still goes on.
    void journalsOfOthers()
    {
        const QStringList synth{"synth", "uniform", "--tokens", "64", "-o", "out.h5", "--force"};
        put("out.h5.part", "my notes\n");
        REFUSED(start(synth, {}), "out.h5.part: is not a journal of a capture");
        QCOMPARE(bytes("out.h5.part"), QByteArray("my notes\n"));
        QVERIFY(QFile::remove(at("out.h5.part")));
        auto writer = begun("out.h5");
        QVERIFY(writer != nullptr);
        const QByteArray journal = bytes("out.h5.part");
        REFUSED(start(synth, {}), "out.h5.part: another process is writing this trace");
        QCOMPARE(bytes("out.h5.part"), journal);
        writer.reset();
        DONE(start(synth, {}));
    }

    /// What came there while a trace was made stays, and so does the trace.
    void replacedMeanwhile()
    {
        auto writer = begun("out.h5");
        QVERIFY(writer != nullptr);
        put("out.h5", "somebody's");
        const auto finished = writer->finish(false);
        QVERIFY(!finished && finished.error().what == "is another file than when the capture began");
        writer.reset();
        QCOMPARE(bytes("out.h5"), QByteArray("somebody's"));
        QVERIFY(QFile::remove(at("out.h5")));
        DONE(start({"repair", "out.h5"}, {}));
    }

    void aPlanAndResultsAreTwoFiles()
    {
        const QStringList placement{"simulate", "placement", "a.h5", "--gpus", "2", "--planner", "contiguous"};
        REFUSED(start(placement + QStringList{"-o", "x.json", "--export", "./x.json"}, {}), "is to take two outputs");
        REFUSED(start(placement + QStringList{"--export", "-"}, {}), "standard output: is to take two outputs");
        QVERIFY(!QFile::exists(at("x.json")));
    }

    /// The spec that a figure is drawn from may lie where the new one would go: it stays.
    void aSpecThatIsRead()
    {
        if (!QFile::exists(EXPERTSCOPE_BIN_DIR "/../lib/libexpertscope_figure.so"))
            QSKIP("without figures");
        DONE(start({"figure", "load", "a.h5", "-o", "x.svg"}, {}));
        const QByteArray figure = bytes("x.svg"), spec = bytes("x.json");
        DONE(start({"figure", "load", "--spec", "x.json", "-o", "x.svg"}, {}));
        QCOMPARE(bytes("x.svg"), figure);
        QCOMPARE(bytes("x.json"), spec);
        REFUSED(start({"figure", "load", "--spec", "x.json", "--width", "120mm", "-o", "x.svg", "--force"}, {}),
            "x.json: is read by this command, which never replaces it");
        QCOMPARE(bytes("x.svg"), figure);
        QCOMPARE(bytes("x.json"), spec);
    }

    void whatIsPrintedArrives_data()
    {
        QTest::addColumn<QString>("arguments");
        QStringList lines{"--help", "--version", "analyze --help", "info a.h5", "info --json a.h5", "repair a.h5",
            "repair --json a.h5", "metrics", "metrics --json", "synth --help", "synth uniform --tokens 64 -o new.h5",
            "synth uniform --tokens 64 -o new.h5 --json", "analyze a.h5 --metric load", "compare a.h5 b.h5 --metric load",
            "merge part.esp", "summary a.h5 -o new.h5", "info summary.h5", "simulate cache c.h5 --policy lru", "simulate placement a.h5 --gpus 2"};
        if (m_capture)
            lines << "capture --help" << "capture --model model --prompts prompts.jsonl -o new.h5 --json";
        if (QFile::exists(EXPERTSCOPE_BIN_DIR "/../lib/libexpertscope_figure.so"))
            lines << "figure --list" << "figure --help" << "figure load a.h5 -o new.svg"
                  << "figure load a.h5 -o new.svg --json";
        for (const QString& line : lines)
            QTest::newRow(qPrintable(line)) << line;
    }
    void whatIsPrintedArrives()
    {
        QFETCH(QString, arguments);
        // Another program, or one that others print, tells that it was lost but not why.
        const bool capture = arguments.startsWith("capture") || arguments == "--version";
        const auto lost = [&](const QString& to, const char* reason) {
            const Outcome outcome = shell("$E " + arguments + ' ' + to);
            QVERIFY2(outcome.status == 1, QByteArray::number(outcome.status) + outcome.err);
            // What a capture says of itself, too.
            QVERIFY2(capture || outcome.err.count('\n') == 1, outcome.err.constData());
            QVERIFY2(outcome.err.contains(": standard output: ") && (capture || outcome.err.endsWith(reason)),
                outcome.err.constData());
            QFile::remove(at("new.h5"));
            for (const char* ending : {"svg", "csv", "json"})
                QFile::remove(at(QString("new.") + ending));
        };
        lost(">/dev/full", ": standard output: No space left on device\n");
        lost(">&-", ": standard output: Bad file descriptor\n");
        // The reader is gone before the first byte: nobody is told, as with any tool.
        const Outcome closed = shell("{ sleep 0.2; $E " + arguments + "; echo status $? >&2; } | true");
        QVERIFY2(!closed.err.contains("standard output") && !closed.err.contains("Broken pipe")
                && closed.err.endsWith("status 141\n"),
            closed.err.constData());
    }

    /// Where a standard stream is closed, the file that is written must not take its place.
    void closedStreams()
    {
        QCOMPARE(shell("$E analyze a.h5 --metric load -o open.json").status, 0);
        QCOMPARE(shell("$E analyze a.h5 --metric load -o closed.json <&- >&- 2>&-").status, 0);
        QCOMPARE(bytes("closed.json"), bytes("open.json"));
        QCOMPARE(shell("$E synth uniform --tokens 64 -o closed.h5 <&- 2>&-").status, 0);
        QVERIFY(TraceFile::summary(at("closed.h5").toStdString()));
    }

    /// Memory runs out sooner or later: the whole result, or a message and nothing.
    void noMemory_data()
    {
        QTest::addColumn<QString>("arguments");
        for (const char* line : {"analyze big.h5 --no-cache --threads 1 --json", "analyze big.h5 --no-cache --threads 1 --csv",
                 "analyze big.h5 --no-cache --metric all --threads 1", "simulate cache big.h5 --policy lru --threads 1 --json"})
            QTest::newRow(line) << line;
    }
    void noMemory()
    {
#ifdef EXPERTSCOPE_SANITIZED
        QSKIP("sanitizers need more address space than that");
#endif
        QFETCH(QString, arguments);
        DONE(shell("$E synth uniform --tokens 2000 --sites 3 -o big.h5"));
        const Outcome whole = shell("$E " + arguments);
        DONE(whole);
        int failures = 0;
        for (int kilobytes = 30000; kilobytes < 80000; kilobytes += 1750) {
            const QString limit = QString("ulimit -c 0; ulimit -v %1; ").arg(kilobytes);
            if (shell(limit + "$E --version").status != 0)
                continue; // not even the libraries fit
            const QStringList before = entries();
            const Outcome printed = shell(limit + "$E " + arguments);
            const Outcome written = shell(limit + "$E " + arguments + " -o out");
            for (const Outcome& outcome : {printed, written}) {
                const QByteArray said = QByteArray::number(kilobytes) + ": " + QByteArray::number(outcome.status) + ' '
                    + outcome.err.left(300);
                QVERIFY2(outcome.status == 0 || (outcome.status == 1 && outcome.err.count('\n') == 1), said);
                failures += outcome.status;
            }
            QVERIFY(printed.status == 0 ? printed.out == whole.out : printed.out.isEmpty());
            if (written.status == 0) {
                QVERIFY(bytes("out").endsWith(whole.out));
                QVERIFY(QFile::remove(at("out")));
            }
            QCOMPARE(entries(), before);
        }
        QVERIFY2(failures > 0, "memory never ran out");
    }

    /// A stack that does not fit anywhere: no thread can be started.
    void noThreads_data()
    {
        QTest::addColumn<QString>("arguments");
        for (const char* line : {"analyze a.h5 --metric load --json --no-cache", "analyze a.h5 --json --no-cache --threads 1",
                 "simulate cache c.h5 --json", "simulate cache c.h5 --json --threads 1",
                 "simulate placement a.h5 --gpus 2 --json", "synth uniform --tokens 10k -o new.h5"})
            QTest::newRow(line) << line;
    }
    void noThreads()
    {
        QFETCH(QString, arguments);
        const bool synth = arguments.startsWith("synth");
        const Outcome with = shell("$E " + arguments);
        DONE(with);
        const auto trace = TraceFile::summary(at("new.h5").toStdString());
        QFile::remove(at("new.h5"));
        const Outcome without = shell("ulimit -c 0; ulimit -s 100000000000 && $E " + arguments);
        DONE(without);
        if (synth)
            QCOMPARE(TraceFile::summary(at("new.h5").toStdString())->numTokens, trace->numTokens);
        else
            QCOMPARE(without.out, with.out);
    }
};

EXPERTSCOPE_TEST(TestOutputs)
#include "tst_outputs.moc"
