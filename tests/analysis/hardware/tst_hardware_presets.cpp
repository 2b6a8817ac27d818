// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/hardware/hardware_presets.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QDir>
#include <QtTest>

using namespace expertscope::cost;

namespace {

constexpr const char* kLink =
    R"({"kind": "link", "name": "x", "title": "t", "source": "s", "bytes_per_second": 2e9, "latency_seconds": 0.5})";

}

class TestHardwarePresets : public QObject
{
    Q_OBJECT

private slots:
    /// Each file is there under its own name and says where its numbers come from.
    void compiledIn()
    {
        QStringList names;
        for (const HardwarePreset& preset : hardwarePresets()) {
            names += QString::fromStdString(preset.name);
            QVERIFY2(preset.source.size() > 20, preset.name.c_str());
            QVERIFY(!preset.title.empty());
        }
        names.sort();
        QStringList files;
        for (const QString& file :
            QDir(EXPERTSCOPE_SOURCE_DIR "/resources/hardware").entryList({"*.json"}, QDir::Files))
            files += file.chopped(5);
        files.sort();
        QVERIFY(!files.isEmpty());
        QCOMPARE(names, files);
        // Effective rates of simulation.md 3.21.
        for (const auto& [name, rate] : {std::pair{"pcie3-x16", 12e9}, {"pcie4-x16", 25e9}, {"pcie5-x16", 50e9}}) {
            const auto machine = machineOf(std::string(name) + "+h100-sxm", "--hardware");
            VERIFY_OK(machine);
            QCOMPARE(machine->link.bytesPerSecond, rate);
        }
    }

    void partsTakePlaces()
    {
        const auto plain = machineOf("desktop-4090", "--hardware");
        QVERIFY(plain && !plain->cpu && plain->copiesWhileComputing);
        QCOMPARE(plain->link.name, std::string("pcie4-x16"));
        QCOMPARE(plain->gpu.name, std::string("rtx-4090"));
        const auto changed = machineOf("desktop-4090+nvme4+desktop-ddr5", "--hardware");
        QVERIFY(changed && changed->cpu);
        QCOMPARE(changed->link.name, std::string("nvme4"));
        QCOMPARE(changed->gpu.bytesPerSecond, plain->gpu.bytesPerSecond);
        QCOMPARE(changed->name, std::string("desktop-4090+nvme4+desktop-ddr5"));
        const QString dir = QDir::tempPath() + "/tst_hardware_presets";
        QVERIFY(QDir().mkpath(dir));
        QFile file(dir + "/mine.json");
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(R"({"kind": "machine", "name": "mine", "title": "t", "source": "s", "copies_while_computing": false,
            "link": {"bytes_per_second": 3}, "gpu": {"name": "g", "bytes_per_second": 5, "flops_per_second": 7},
            "cpu": "desktop-ddr4"})");
        file.close();
        const auto mine = machineOf(file.fileName().toStdString(), "--hardware");
        VERIFY_OK(mine);
        QCOMPARE(mine->link.bytesPerSecond, 3.0);
        QCOMPARE(mine->link.latency, 0.0);
        QCOMPARE(mine->gpu.flopsPerSecond, 7.0);
        QCOMPARE(mine->cpu->name, std::string("desktop-ddr4"));
        QVERIFY(!mine->copiesWhileComputing);
        QVERIFY(file.remove());
        const auto gone = machineOf(file.fileName().toStdString(), "--hardware");
        QVERIFY(!gone && gone.error().message().find("mine.json") != std::string::npos);
    }

    void notAMachine_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("says");
        QTest::newRow("unknown") << "rtx-9999"
                                 << "desktop-4090"; // what there is
        QTest::newRow("empty") << ""
                               << "there is no hardware ''";
        QTest::newRow("no GPU") << "pcie4-x16"
                                << "names no GPU";
        QTest::newRow("no link") << "rtx-4090+desktop-ddr5"
                                 << "names no link";
        QTest::newRow("ends with +") << "desktop-4090+"
                                     << "there is no hardware ''";
    }
    void notAMachine()
    {
        QFETCH(QString, text);
        QFETCH(QString, says);
        const auto machine = machineOf(text.toStdString(), "--hardware");
        QVERIFY(!machine);
        const QString message = QString::fromStdString(machine.error().message());
        QVERIFY2(message.startsWith("--hardware") && message.contains(says), qPrintable(message));
    }

    void strict_data()
    {
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("to");
        QTest::addColumn<QString>("key"); // that the error names
        const auto row = [](const char* from, const char* to, const char* key) {
            QTest::newRow(to[0] ? to : from) << from << to << key;
        };
        row(R"("kind": "link", )", "", "kind");
        row(R"("link")", R"("cable")", "kind");
        row(R"("link")", "7", "kind");
        row(R"("name": "x", )", "", "name");
        row(R"("x")", R"("")", "name");
        row(R"("s")", "[]", "source");
        row(R"("source": "s", )", "", "source");
        row("2e9", "0", "bytes_per_second");
        row("2e9", "-1", "bytes_per_second");
        row("2e9", "1e300", "bytes_per_second");
        row("2e9", "1e999", "");
        row("2e9", "null", "bytes_per_second");
        row("2e9", R"("2e9")", "bytes_per_second");
        row("2e9", "true", "bytes_per_second");
        row(R"("bytes_per_second": 2e9, )", "", "bytes_per_second");
        row("0.5", "-0.5", "latency_seconds");
        row("0.5", "1e9", "latency_seconds");
        row("latency_seconds", "latency", "latency");
        row("latency_seconds", "flops_per_second", "flops_per_second"); // of a link
        row("latency_seconds", "bytes_per_second", "bytes_per_second"); // twice
        row("}", "", "");
        row("}", "} x", "");
        row("0.5", "NaN", "");
    }
    void strict()
    {
        QVERIFY(parseHardware(kLink, "here.json"));
        QFETCH(QString, from);
        QFETCH(QString, to);
        QFETCH(QString, key);
        QString json(kLink);
        QVERIFY(json.contains(from));
        json.replace(from, to);
        const auto preset = parseHardware(json.toStdString(), "here.json");
        QVERIFY2(!preset, qPrintable(json));
        const QString message = QString::fromStdString(preset.error().message());
        QVERIFY2(
            message.startsWith("here.json") && message.contains(key) && !message.contains('\n'), qPrintable(message));
    }

    void otherShapes()
    {
        for (const char* json :
            {"", "[]", "7", "null", "{}", R"({"kind": "machine", "name": "m", "title": "t", "source": "s"})",
                R"({"kind": "machine", "name": "m", "title": "t", "source": "s", "link": "nowhere", "gpu": "h100-sxm"})",
                R"({"kind": "machine", "name": "m", "title": "t", "source": "s", "link": "h100-sxm", "gpu": "h100-sxm"})",
                R"({"kind": "machine", "name": "m", "title": "t", "source": "s", "link": [], "gpu": "h100-sxm"})",
                R"({"kind": "machine", "name": "m", "title": "t", "source": "s", "link": {"speed": 1}, "gpu": "h100-sxm"})",
                R"({"kind": "machine", "name": "m", "title": "t", "source": "s", "link": "nvme4", "gpu": "h100-sxm", "cpu": 3})",
                R"({"kind": "machine", "name": "m", "title": "t", "source": "s", "link": "nvme4", "gpu": "h100-sxm", "copies_while_computing": 1})"}) {
            const auto preset = parseHardware(json, "here.json");
            QVERIFY2(!preset, json);
            QVERIFY(preset.error().message().starts_with("here.json"));
        }
        const std::string deep(100000, '[');
        QVERIFY(!parseHardware(deep, "here.json"));
    }
};

EXPERTSCOPE_TEST(TestHardwarePresets)
#include "tst_hardware_presets.moc"
