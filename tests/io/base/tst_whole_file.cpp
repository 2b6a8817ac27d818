// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/whole_file.h"
#include "tests/support/test_main.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <unistd.h>

using namespace expertscope;

class TestWholeFile : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    std::filesystem::path at(const char* name) const { return m_folder.filePath(name).toStdString(); }
    QStringList files() const { return QDir(m_folder.path()).entryList(QDir::Files); }

private slots:
    void theWholeText()
    {
        const std::string text("a\0b\n", 4);
        for (const std::string& each : {text, std::string(), std::string(3 << 20, 'x')}) {
            const auto written = writeOutput(at("out.txt"), each);
            QVERIFY2(written, written ? "" : written.error().message().c_str());
            QFile file(m_folder.filePath("out.txt"));
            QVERIFY(file.open(QIODevice::ReadOnly));
            QCOMPARE(file.readAll(), QByteArray::fromStdString(each));
        }
        QCOMPARE(files(), QStringList{"out.txt"});
    }

    void orNoneOfIt()
    {
        QVERIFY(writeOutput(at("kept.txt"), "before"));
        // What is to become the file cannot be written: the name of the part is a folder.
        QVERIFY(QDir(m_folder.path()).mkdir("kept.txt.tmp"));
        const auto written = writeOutput(at("kept.txt"), "after", ".tmp");
        QVERIFY(!written);
        QCOMPARE(written.error().where, at("kept.txt").string());
        QFile file(m_folder.filePath("kept.txt"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("before"));
        // It cannot be renamed: a folder that holds something is in the way.
        QVERIFY(QDir(m_folder.path()).mkpath("folder/x"));
        const QStringList before = files();
        QVERIFY(!writeOutput(at("folder"), "text"));
        QCOMPARE(files(), before);
    }

    void askedBefore()
    {
        QVERIFY(checkOutput({}));
        QVERIFY(checkOutput(at("new.txt")));
        QCOMPARE(checkOutput(m_folder.path().toStdString()).error().message(),
            m_folder.path().toStdString() + ": Is a directory");
        QCOMPARE(checkOutput(at("no") / "x").error().message(), (at("no") / "x").string() + ": No such file or directory");
        QVERIFY(writeOutput(at("plain"), ""));
        QCOMPARE(checkOutput(at("plain") / "x").error().message(), (at("plain") / "x").string() + ": Not a directory");
        QVERIFY(!files().contains("new.txt"));
        if (geteuid() == 0)
            QSKIP("root may write everywhere");
        QVERIFY(!checkOutput("/proc/x"));
    }
};

EXPERTSCOPE_TEST(TestWholeFile)
#include "tst_whole_file.moc"
