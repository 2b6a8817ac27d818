// SPDX-License-Identifier: GPL-3.0-or-later
//
// Every command in README.md and resources/docs, as a reader types it: in order, in a clean folder with the bundled
// resources. A block is one fenced as ```sh, or indented lines that begin with a command of ours; `<!-- not in the
// tests: WHY -->` above it leaves it out. What this build lacks (capture, figures) is left out, too, and counted.
#include "tests/support/test_main.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

namespace {

struct CommandBlock
{
    int line = 0; ///< of the file, from 1
    QString text;
    bool leftOut = false;
};

QList<CommandBlock> blocksIn(const QString& file)
{
    QFile page(file);
    if (!page.open(QIODevice::ReadOnly))
        return {};
    const QStringList lines = QString::fromUtf8(page.readAll()).split('\n');
    static const QRegularExpression ours("^    (expertscope|installer/|resources/)");
    QList<CommandBlock> blocks;
    bool leftOut = false, other = false;
    for (int i = 0; i < lines.size(); ++i) {
        if (lines[i].startsWith("<!-- not in the tests:")) {
            leftOut = true;
            continue;
        }
        const bool fenced = lines[i] == "```sh" && !other;
        if (!fenced && lines[i].startsWith("```"))
            other = !other;
        const bool indented = !other && ours.match(lines[i]).hasMatch();
        if (fenced || indented) {
            CommandBlock block{i + 1, {}, leftOut};
            for (i += fenced ? 1 : 0; i < lines.size() && (fenced ? lines[i] != "```" : lines[i].startsWith("    "));
                 ++i)
                block.text += (fenced ? lines[i] : lines[i].mid(4)) + '\n';
            blocks.append(block);
        }
        if (!lines[i].isEmpty())
            leftOut = false;
    }
    return blocks;
}

/// What stands before each block: of commands that this build does not have those that make a trace put the one that
/// was captured when its page was made, others do nothing.
QByteArray preludeOf(const QString& trace)
{
    QByteArray prelude = "set -eo pipefail\n";
#ifndef EXPERTSCOPE_TESTS_CAPTURE
    prelude += "expertscope() { case \"$*\" in capture*) cp '" + trace.toUtf8()
        + "' \"${@: -1}\";; *--reroute*|*--probability*|*divergence*) ;; ";
#else
    Q_UNUSED(trace)
    prelude += "expertscope() { case \"$*\" in ";
#endif
#ifndef EXPERTSCOPE_TESTS_FIGURE
    prelude += "figure*) ;; ";
#endif
    return prelude + "*) command expertscope \"$@\";; esac; }\n";
}

}

class TestDocuments : public QObject
{
    Q_OBJECT

    QTemporaryDir m_cache, m_readme;

private slots:
    void blocksAreFound()
    {
        const QList<CommandBlock> blocks = blocksIn(EXPERTSCOPE_SOURCE_DIR "/README.md");
        int leftOut = 0, commands = 0;
        for (const CommandBlock& block : blocks) {
            leftOut += block.leftOut;
            commands += int(block.text.count("expertscope "));
        }
        QCOMPARE(leftOut, 3); // setting a machine up, Slurm, the window
        QVERIFY2(commands > 25, qPrintable(QString::number(commands)));
    }

    void commandsRun_data()
    {
        QTest::addColumn<QString>("page");
        QTest::newRow("README.md") << "README.md"; // first: the others go on with its trace
        for (const QString& name : QDir(EXPERTSCOPE_SOURCE_DIR "/resources/docs").entryList({"*.md"}, QDir::Files))
            QTest::newRow(qPrintable(name)) << "resources/docs/" + name;
    }
    void commandsRun()
    {
        QFETCH(QString, page);
        const QTemporaryDir own;
        const bool readme = page == "README.md";
        const QDir folder(readme ? m_readme.path() : own.path());
        QVERIFY(QFile::link(EXPERTSCOPE_SOURCE_DIR "/resources", folder.filePath("resources")));
        const QList<CommandBlock> blocks = blocksIn(EXPERTSCOPE_SOURCE_DIR "/" + page);
        const bool makesOne = std::ranges::any_of(blocks, [](const CommandBlock& b) { return b.text.contains("-o trace.h5"); });
        if (!readme && !makesOne && QFile::exists(m_readme.filePath("trace.h5")))
            QVERIFY(QFile::link(m_readme.filePath("trace.h5"), folder.filePath("trace.h5")));
        auto variables = QProcessEnvironment::systemEnvironment();
        variables.insert("PATH", EXPERTSCOPE_BIN_DIR ":" + variables.value("PATH"));
        variables.insert("EXPERTSCOPE_CACHE", m_cache.path());
        variables.insert("COLUMNS", "100");
        const QByteArray prelude = preludeOf(EXPERTSCOPE_SOURCE_DIR "/resources/demo/formation/tokens-002129920.h5");
        int ran = 0, leftOut = 0;
        for (const CommandBlock& block : blocks) {
            if (block.leftOut) {
                ++leftOut;
                continue;
            }
            QProcess bash;
            bash.setProcessEnvironment(variables);
            bash.setWorkingDirectory(folder.path());
            bash.start("bash", {"-c", QString::fromUtf8(prelude) + block.text});
            QVERIFY(bash.waitForFinished(280000));
            const QString where = QString("%1:%2\n%3").arg(page).arg(block.line).arg(block.text);
            QVERIFY2(bash.exitStatus() == QProcess::NormalExit && bash.exitCode() == 0,
                qPrintable(where + bash.readAllStandardError()));
            ++ran;
        }
        qInfo("%s: %d blocks ran, %d left out", qPrintable(page), ran, leftOut);
    }
};

EXPERTSCOPE_TEST(TestDocuments)
#include "tst_documents.moc"
