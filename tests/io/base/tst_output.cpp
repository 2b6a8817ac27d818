// SPDX-License-Identifier: GPL-3.0-or-later
//
// Outputs at the level of one call: what may be replaced, what is written into, that it is all or nothing. Every command
// with every kind of path: tests/app/tst_outputs.
#include "io/base/new_file.h"
#include "io/base/output.h"
#include "io/base/output_place.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <csignal>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace expertscope;
using namespace expertscope::testing;

namespace fs = std::filesystem;

class TestOutput : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;

    fs::path at(const std::string& name) const { return m_folder->path().toStdString() + '/' + name; }
    QByteArray bytes(const std::string& name) const
    {
        QFile file(QString::fromStdString(at(name).string()));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(not there)");
    }
    void put(const std::string& name, const QByteArray& content) const
    {
        QFile file(QString::fromStdString(at(name).string()));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
    }
    QStringList entries() const
    {
        return QDir(m_folder->path()).entryList(QDir::AllEntries | QDir::System | QDir::Hidden | QDir::NoDotAndDotDot);
    }
    /// Texts that begin with "ours".
    Output output(const std::string& name) const
    {
        return {at(name),
            {.name = "a text of ours", .recognises = [](const fs::path& path) { return headOf(path, 4) == "ours"; }}, {},
            false};
    }
    std::string refusal(const Output& what) const
    {
        const auto checked = checkOutput(what), written = writeOutput(what, "ours, new");
        return messageOf(checked) == messageOf(written) ? messageOf(written) : "asked before, it says otherwise";
    }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void theWholeText()
    {
        const std::string text("a\0b\n", 4);
        for (const std::string& each : {text, std::string(), std::string(3 << 20, 'x')}) {
            VERIFY_OK(replaceFile(at("out.txt"), each));
            QCOMPARE(bytes("out.txt"), QByteArray::fromStdString(each));
        }
        QCOMPARE(entries(), QStringList{"out.txt"});
    }

    void nothingIsThereUntilItIsWhole()
    {
        put("kept", "before");
        {
            auto file = NewFile::create(at("kept"));
            VERIFY_OK(file);
            VERIFY_OK(file->write("after"));
            QCOMPARE(bytes("kept"), QByteArray("before"));
        }
        QCOMPARE(bytes("kept"), QByteArray("before"));
        QCOMPARE(entries(), QStringList{"kept"});
    }

    void permissionsStay()
    {
        put("mine", "x");
        for (const mode_t mode : {0600u, 0640u, 0755u}) {
            QCOMPARE(chmod(at("mine").c_str(), mode), 0);
            VERIFY_OK(replaceFile(at("mine"), "y"));
            struct stat info{};
            QCOMPARE(stat(at("mine").c_str(), &info), 0);
            QCOMPARE(info.st_mode & 07777, mode);
        }
        // A new file has those that the user wants for new files.
        const mode_t before = umask(027);
        VERIFY_OK(replaceFile(at("new"), "y"));
        umask(before);
        struct stat info{};
        QCOMPARE(stat(at("new").c_str(), &info), 0);
        QCOMPARE(info.st_mode & 07777, mode_t(0640));
    }

    void longNames()
    {
        const std::string name(250, 'n');
        VERIFY_OK(writeOutput(output(name), "ours"));
        QCOMPARE(bytes(name), QByteArray("ours"));
        QCOMPARE(entries().size(), 1);
    }

    void onlyItsLikeIsReplaced()
    {
        put("foreign", "a,b\n1,2\n");
        QCOMPARE(refusal(output("foreign")),
            at("foreign").string() + ": exists and is not a text of ours (--force replaces it)");
        QCOMPARE(bytes("foreign"), QByteArray("a,b\n1,2\n"));
        Output forced = output("foreign");
        forced.force = true;
        QCOMPARE(refusal(forced), std::string());
        QCOMPARE(bytes("foreign"), QByteArray("ours, new"));
        QCOMPARE(refusal(output("foreign")), std::string()); // now it is
        put("empty", "");
        QCOMPARE(refusal(output("empty")), std::string()); // as mktemp makes them
        Output precious = output("foreign");
        precious.kind.repeatable = false;
        QCOMPARE(refusal(precious), at("foreign").string() + ": exists already (--force replaces it)");
    }

    void inputsAreNeverReplaced_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name : {"input", "link", "hard", "linked/input", "./input", "link to link", "folder/in it"})
            QTest::newRow(name) << name;
    }
    void inputsAreNeverReplaced()
    {
        QFETCH(QString, name);
        put("input", "ours, input");
        fs::create_directory(at("folder"));
        put("folder/in it", "weights");
        fs::create_symlink("input", at("link"));
        fs::create_symlink(at("link"), at("link to link"));
        fs::create_hard_link(at("input"), at("hard"));
        fs::create_directory_symlink(m_folder->path().toStdString(), at("linked"));
        const QStringList before = entries();
        for (const bool force : {false, true}) {
            for (const std::string named : {"input", "link", "hard"}) {
                Output asked = output(name.toStdString());
                asked.inputs = {at("not there"), at(named), at("folder")};
                asked.force = force;
                QVERIFY2(refusal(asked).find(": is read by this command, which never replaces it") != std::string::npos,
                    refusal(asked).c_str());
            }
        }
        QCOMPARE(bytes("input"), QByteArray("ours, input"));
        QCOMPARE(bytes("folder/in it"), QByteArray("weights"));
        QCOMPARE(entries(), before);
    }

    void whatWasMadeBeforeInAFolderOfInputs()
    {
        fs::create_directory(at("model"));
        put("model/out", "ours, old");
        Output asked = output("model/out");
        asked.inputs = {at("model")};
        QCOMPARE(refusal(asked), std::string());
    }

    void linksStay()
    {
        put("target", "ours, old");
        fs::create_symlink("target", at("link"));
        fs::create_symlink("made/later", at("dangling"));
        fs::create_directory(at("made"));
        fs::create_symlink("circle", at("circle"));
        QCOMPARE(refusal(output("link")), std::string());
        QVERIFY(fs::is_symlink(at("link")));
        QCOMPARE(bytes("target"), QByteArray("ours, new"));
        QCOMPARE(refusal(output("dangling")), std::string());
        QVERIFY(fs::is_symlink(at("dangling")));
        QCOMPARE(bytes("made/later"), QByteArray("ours, new"));
        QVERIFY(refusal(output("circle")).ends_with("circle: Too many levels of symbolic links"));
    }

    void pipesTakeBytes()
    {
        QCOMPARE(mkfifo(at("pipe").c_str(), 0600), 0);
        const int reader = open(at("pipe").c_str(), O_RDONLY | O_NONBLOCK);
        QVERIFY(reader >= 0);
        QCOMPARE(refusal(output("pipe")), std::string());
        char got[64];
        QCOMPARE(read(reader, got, sizeof got), ssize_t(9));
        QCOMPARE(QByteArray(got, 9), QByteArray("ours, new"));
        QVERIFY(fs::is_fifo(at("pipe")));
        Output needsFile = output("pipe");
        needsFile.kind.needsFile = true;
        QVERIFY(refusal(needsFile).ends_with("is a pipe or a device, no file, as is needed for a text of ours"));
        // Nobody reads any more.
        const int writer = open(at("pipe").c_str(), O_WRONLY);
        close(reader);
        std::signal(SIGPIPE, SIG_IGN);
        Output descriptor = output("");
        descriptor.path = "/dev/fd/" + std::to_string(writer);
        QCOMPARE(messageOf(writeOutput(descriptor, "x")), descriptor.path.string() + ": Broken pipe");
        close(writer);
    }

    /// `-o /dev/fd/3 3>>log`: what stands in the file stays there.
    void descriptorsAreWrittenWhereTheyStand()
    {
        put("log", "before\n");
        const int log = open(at("log").c_str(), O_WRONLY | O_APPEND);
        Output asked = output("");
        asked.path = "/proc/self/fd/" + std::to_string(log);
        VERIFY_OK(checkOutput(asked));
        VERIFY_OK(writeOutput(asked, "after\n"));
        QCOMPARE(bytes("log"), QByteArray("before\nafter\n"));
        asked.inputs = {at("log")};
        QVERIFY(!checkOutput(asked));
        close(log);
    }

    void whatCannotBeWritten()
    {
        put("plain", "ours");
        fs::create_directory(at("folder"));
        QCOMPARE(refusal(output("folder")), at("folder").string() + ": Is a directory");
        QCOMPARE(refusal(output("new/")), at("new/").string() + ": Is a directory");
        QCOMPARE(refusal(output("no/x")), at("no/x").string() + ": No such file or directory");
        QCOMPARE(refusal(output("plain/x")), at("plain/x").string() + ": Not a directory");
        QCOMPARE(refusal(output(std::string(300, 'n'))), at(std::string(300, 'n')).string() + ": File name too long");
        QCOMPARE(entries(), QStringList({"folder", "plain"}));
    }

    void allOrNone()
    {
        put("second", "foreign");
        const auto write = [&](bool force) {
            Output second = output("second");
            second.force = force;
            const OutputPart parts[] = {{output("first"), "ours"}, {second, "ours, new"}};
            return messageOf(writeOutputs(parts));
        };
        QVERIFY(write(false).find("second: exists") != std::string::npos);
        QCOMPARE(entries(), QStringList{"second"});
        // The disk fills up while the second one is written.
        rlimit before{};
        getrlimit(RLIMIT_FSIZE, &before);
        const rlimit few{4, before.rlim_max};
        std::signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &few);
        const std::string full = write(true);
        setrlimit(RLIMIT_FSIZE, &before);
        QVERIFY2(full.ends_with(": File too large"), full.c_str());
        QCOMPARE(entries(), QStringList{"second"});
        QCOMPARE(bytes("second"), QByteArray("foreign"));
        QCOMPARE(write(true), std::string());
        QCOMPARE(bytes("first") + bytes("second"), QByteArray("oursours, new"));
    }

    void anInputThatWouldStayWhatItIs()
    {
        put("spec", "ours, same");
        Output asked = output("spec");
        asked.inputs = {at("spec")};
        const auto identity = identityOf(at("spec"));
        VERIFY_OK(writeOutput(asked, "ours, same"));
        QVERIFY(!writeOutput(asked, "ours, othr"));
        QCOMPARE(bytes("spec"), QByteArray("ours, same"));
        QVERIFY(identityOf(at("spec")) == identity);
    }

    void twoOutputsAreTwoFiles()
    {
        fs::create_directory_symlink(m_folder->path().toStdString(), at("linked"));
        const Output same[] = {output("x"), output("linked/x")};
        QVERIFY(!checkOutputs(same));
        const Output other[] = {output("x"), output("linked/y")};
        VERIFY_OK(checkOutputs(other));
        Output out = output("");
        out.path = "-";
        const Output printed[] = {out, out};
        QVERIFY(!checkOutputs(printed));
    }
};

EXPERTSCOPE_TEST(TestOutput)
#include "tst_output.moc"
