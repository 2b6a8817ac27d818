// SPDX-License-Identifier: GPL-3.0-or-later
//
// The executable with a real X server, beside the tests of the window that run offscreen.
#include "tests/support/test_main.h"

#include <QImage>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QSet>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

class TestDisplay : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_dir;

    /// What xvfb-run and the window said. xvfb-run ends with 5 when its own clearing up fails, which it does now and then:
    /// so the window's status is printed.
    QByteArray window(const QString& trace, const QString& shot) const
    {
        QProcess process;
        auto variables = QProcessEnvironment::systemEnvironment();
        variables.insert("QT_QPA_PLATFORM", "xcb");
        variables.insert("XDG_CONFIG_HOME", m_dir.path());
        variables.insert("XDG_RUNTIME_DIR", m_dir.path());
        process.setProcessEnvironment(variables);
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start("xvfb-run",
            {"-a", "sh", "-c", "\"$0\" \"$@\"; echo status=$?", EXPERTSCOPE_BIN_DIR "/expertscope-desktop", trace, "--theme",
                "dark", "--screenshot", shot});
        return process.waitForFinished(120000) ? process.readAll() : "no end";
    }

private slots:
    void withoutDisplay_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("out");
        QTest::addColumn<QByteArray>("err");
        QTest::newRow("help") << QStringList{"--help"} << 0 << QByteArray("--screenshot") << QByteArray();
        QTest::newRow("version") << QStringList{"--version"} << 0 << QByteArray("expertscope-desktop ") << QByteArray();
        QTest::newRow("window") << QStringList{} << 1 << QByteArray() << QByteArray("there is no display for a window");
    }
    /// Help and version need none; a window says so in a line.
    void withoutDisplay()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, status);
        QFETCH(QByteArray, out);
        QFETCH(QByteArray, err);
        QProcess process;
        auto variables = QProcessEnvironment::systemEnvironment();
        for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"})
            variables.remove(name);
        process.setProcessEnvironment(variables);
        process.start(EXPERTSCOPE_BIN_DIR "/expertscope-desktop", arguments);
        QVERIFY(process.waitForFinished(30000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), status);
        QVERIFY(process.readAllStandardOutput().contains(out));
        const QByteArray said = process.readAllStandardError();
        QVERIFY2(said.contains(err) && said.count('\n') == (err.isEmpty() ? 0 : 1), said.constData());
    }

    void waitingIsMeasured()
    {
        QProcess process;
        auto variables = QProcessEnvironment::systemEnvironment();
        variables.insert("QT_QPA_PLATFORM", "offscreen");
        process.setProcessEnvironment(variables);
        process.start(EXPERTSCOPE_BIN_DIR "/expertscope-desktop",
            {"--bench", EXPERTSCOPE_SOURCE_DIR "/resources/demo/formation/tokens-000000000.h5", "--json"});
        QVERIFY(process.waitForFinished(120000));
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
        const QJsonObject result = QJsonDocument::fromJson(process.readAllStandardOutput()).object();
        QCOMPARE(result["tokens"].toInt(), 6139);
        for (const char* key : {"window_s", "first_picture_s", "all_pictures_s", "cancel_ms", "peak_mib"})
            QVERIFY2(result[key].toDouble() > 0, key);
        QVERIFY(result["first_picture_s"].toDouble() <= result["all_pictures_s"].toDouble());
        for (const char* kind : {"pan", "zoom", "hover"}) {
            const QJsonObject times = result["frames"].toObject()[kind].toObject();
            QVERIFY2(times["median_ms"].toDouble() > 0 && times["median_ms"].toDouble() <= times["p99_ms"].toDouble(), kind);
        }
        process.start(EXPERTSCOPE_BIN_DIR "/expertscope-desktop", {"--bench", "no.h5"});
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(process.exitCode(), 1);
        QVERIFY(process.readAllStandardError().contains("no.h5"));
    }

    void usedWrongly()
    {
        QProcess process;
        process.start(EXPERTSCOPE_BIN_DIR "/expertscope-desktop", {"--nonsense"});
        QVERIFY(process.waitForFinished(30000));
        QCOMPARE(process.exitCode(), 2);
        QCOMPARE(process.readAllStandardError().count('\n'), 1);
    }

    void aTraceIsShown()
    {
        if (QStandardPaths::findExecutable("xvfb-run").isEmpty())
            QSKIP("xvfb-run is not installed");
        const QString shot = m_dir.filePath("window.png");
        const QByteArray said = window(EXPERTSCOPE_SOURCE_DIR "/resources/demo/formation/tokens-000000000.h5", shot);
        QVERIFY2(said.contains("status=0"), said.constData());
        const QImage image(shot);
        QVERIFY(image.width() >= 800);
        QVERIFY(qGray(image.pixel(3, image.height() - 3)) < 80); // the dark theme
        QSet<QRgb> coloured; // of the map's cells
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                const QColor colour = image.pixelColor(x, y);
                if (colour.saturation() > 60)
                    coloured.insert(colour.rgb());
            }
        }
        QVERIFY2(coloured.size() > 40, qPrintable(QString::number(coloured.size())));
    }

    void whatIsWrongIsSaid()
    {
        if (QStandardPaths::findExecutable("xvfb-run").isEmpty())
            QSKIP("xvfb-run is not installed");
        const QByteArray said = window(m_dir.filePath("no.h5"), m_dir.filePath("none.png"));
        QVERIFY2(said.contains("status=1") && said.contains("no.h5"), said.constData());
    }
};

EXPERTSCOPE_TEST(TestDisplay)
#include "tst_display.moc"
