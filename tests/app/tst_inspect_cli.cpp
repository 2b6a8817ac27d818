// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope inspect: tables, files of results, what is refused; and the page of published models against it.
#include "tests/app/cli_fixture.h"
#include "tests/support/test_main.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

#include <cmath>
#include <cstring>
#include <functional>

using namespace expertscope::testing;

namespace {

const QString kCheckpoints = EXPERTSCOPE_TEST_DATA "/checkpoints/", kModels = EXPERTSCOPE_SOURCE_DIR "/resources/models/";

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool write(const QString& path, const QByteArray& bytes)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
}

/// The value of the first row of a metric with these parameters.
double valueOf(const QJsonObject& results, const QString& metric, const QJsonObject& params)
{
    for (const QJsonValue& row : results["rows"].toArray()) {
        if (row["metric"] != metric)
            continue;
        bool alike = true;
        for (auto at = params.begin(); at != params.end(); ++at)
            alike &= row["params"].toObject()[at.key()] == at.value();
        if (alike && (!params.isEmpty() || row["params"].toObject().isEmpty()))
            return row["value"].toDouble(std::nan(""));
    }
    return std::nan("");
}

QJsonObject resultsOf(const QStringList& arguments)
{
    const Outcome outcome = run(QStringList{"inspect"} + arguments + QStringList{"--json"});
    return outcome.status == 0 ? QJsonDocument::fromJson(outcome.out).object() : QJsonObject();
}

/// "30.5 GB" -> 30.5e9
double numberOf(QString text)
{
    static const QMap<QString, double> kUnits{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1e9}, {"T", 1e12},
        {"s", 1}, {"ms", 1e-3}, {"us", 1e-6}};
    const QStringList parts = text.trimmed().split(' ');
    return parts[0].toDouble() * (parts.size() > 1 ? kUnits.value(parts[1], std::nan("")) : 1);
}

}

class TestInspectCli : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    /// A copy of a checkpoint, its weights spoilt.
    QString spoilt(const char* name, const std::function<void(QByteArray&)>& spoil)
    {
        const QString from = kCheckpoints + "qwen3_moe-plain/", to = m_folder.filePath(name) + "/";
        QDir().mkpath(to);
        QByteArray weights = contents(from + "model.safetensors");
        spoil(weights);
        return QFile::copy(from + "config.json", to + "config.json") && write(to + "model.safetensors", weights) ? to : QString();
    }

private slots:
    void tables_data()
    {
        QTest::addColumn<QString>("model");
        for (const char* name : {"qwen3_moe-plain", "gpt_oss-plain", "deepseek_v3-moonlight-mtp", "stored-deepseek_v3-fp8-block",
                 "phimoe-plain", "ernie4_5_moe-interval-noshared"})
            QTest::newRow(name) << kCheckpoints + name;
        for (const QString& name : QDir(kModels).entryList({"*.json"}))
            QTest::newRow(qPrintable(name)) << kModels + name;
    }
    void tables()
    {
        QFETCH(QString, model);
        const Outcome whole = run({"inspect", model}, 80);
        QCOMPARE(whole.status, 0);
        QVERIFY(whole.err.isEmpty());
        for (const QString& line : QString::fromUtf8(whole.out).split('\n'))
            QVERIFY2(line.size() <= 80 || line.contains(model), qPrintable(line));
        for (const char* word : {"router", "a token uses", "Modelled, not measured", "capture here", "desktop-4090"})
            QVERIFY2(whole.out.contains(word), word);
        QCOMPARE(whole.out.contains("Rows of the routers"), !model.endsWith(".json"));
    }

    void files()
    {
        const QString model = kCheckpoints + "deepseek_v3-groups-kimi";
        const QJsonObject results = resultsOf({model});
        QCOMPARE(results["format"].toString(), QString("expertscope-results"));
        QVERIFY(results["trace"].toObject()["router"].toString().startsWith("sigmoid"));
        QVERIFY(valueOf(results, "model.parameters", {}) > 1000);
        QVERIFY(valueOf(results, "router_rows.selection_bias", {{"statistic", "max"}}) > 0);
        QVERIFY(valueOf(results, "fit.decode", {{"hardware", "server-h200"}, {"time", "modelled"}}) > 0);
        bool layered = false;
        for (const QJsonValue& row : results["rows"].toArray())
            layered |= row["metric"] == "router_rows.mean_cosine" && row["layer"].toInt() > 0;
        QVERIFY(layered);
        for (const char* name : {"a.json", "a.csv", "a.tex", "a.h5", "a.txt"}) {
            const QString file = m_folder.filePath(name);
            for (int i = 0; i < 2; ++i) // its like is replaced
                QCOMPARE(run({"inspect", model, "-o", file}).status, 0);
            QVERIFY(QFile(file).size() > 500);
        }
    }

    void hostile_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<QString>("says");
        QTest::newRow("truncated") << spoilt("truncated", [](QByteArray& w) { w.chop(10); }) << "model.safetensors";
        QTest::newRow("cut within the header") << spoilt("header", [](QByteArray& w) { w.truncate(100); }) << "model.safetensors";
        QTest::newRow("empty") << spoilt("empty", [](QByteArray& w) { w.clear(); }) << "model.safetensors";
        QTest::newRow("shape of the router turned")
            << spoilt("turned", [](QByteArray& w) { w.replace("\"shape\":[8,40]", "\"shape\":[40,8]"); }) << "mlp.gate.weight";
        QTest::newRow("shape that its bytes do not hold")
            << spoilt("lying", [](QByteArray& w) { w.replace("\"shape\":[8,40]", "\"shape\":[9,40]"); }) << "mlp.gate.weight";
        QTest::newRow("no router") << spoilt("norouter", [](QByteArray& w) {
            w.replace("layers.1.mlp.gate.weight", "layers.1.mlp.gaTe.weight");
        }) << "layers.1.mlp.gate.weight";
        QTest::newRow("offsets beyond the file") << spoilt("offsets", [](QByteArray& w) {
            w[0] = char(0xff);
            w[6] = char(0x7f);
        }) << "model.safetensors";
    }
    /// A capture would refuse it: said in one line, and the config is told all the same.
    void hostile()
    {
        QFETCH(QString, folder);
        QFETCH(QString, says);
        QVERIFY(!folder.isEmpty());
        const Outcome outcome = run({"inspect", folder}, 80);
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.err.count('\n'), 1);
        QVERIFY2(outcome.err.contains(says.toUtf8()), outcome.err);
        QVERIFY(outcome.out.contains("REFUSED"));
        QVERIFY(outcome.out.contains("a token uses"));
        QVERIFY(!outcome.out.contains("Rows of the routers"));
        const Outcome json = run({"inspect", folder, "--json"});
        QCOMPARE(json.status, 1);
        QVERIFY(QJsonDocument::fromJson(json.out)["trace"]["refused"].toString().contains(says));
    }

    void rowsThatAreNoNumbers()
    {
        const QString folder = spoilt("nan", [](QByteArray& w) {
            std::uint64_t header = 0;
            std::memcpy(&header, w.constData(), 8);
            const auto all = QJsonDocument::fromJson(w.mid(8, qsizetype(header))).object();
            const auto at = all["model.layers.1.mlp.gate.weight"].toObject()["data_offsets"].toArray()[0].toInt();
            w[qsizetype(8 + header) + at + 3 * 80] = char(0xff); // row 3, bf16
            w[qsizetype(8 + header) + at + 3 * 80 + 1] = char(0x7f);
        });
        const Outcome outcome = run({"inspect", folder}, 80);
        QCOMPARE(outcome.status, 0);
        QVERIFY2(outcome.out.contains("layer 1: the row of expert 3 holds what is no finite number"), outcome.out);
        const QJsonObject results = resultsOf({folder});
        int defined = 0, undefined = 0;
        for (const QJsonValue& row : results["rows"].toArray()) {
            if (row["metric"] == "router_rows.mean_cosine")
                (row["value"].isNull() && row["undefined"].toString().contains("expert 3") ? undefined : defined) += 1;
        }
        QCOMPARE(defined, 1);
        QCOMPARE(undefined, 1);
    }

    void experts()
    {
        const QString model = kCheckpoints + "gpt_oss-plain";
        const Outcome tables = run({"inspect", model, "--experts"}, 80);
        QCOMPARE(tables.status, 0);
        QVERIFY(tables.out.contains("Routers and experts"));
        for (const QString& line : QString::fromUtf8(tables.out).split('\n'))
            QVERIFY2(line.size() <= 80 || line.contains(model), qPrintable(line));
        const QJsonObject results = resultsOf({model, "--experts"});
        QVERIFY(std::abs(valueOf(results, "coupling.own", {{"rows", "gate"}})) < 1);
        int matrices = 0;
        for (const QJsonValue& matrix : results["matrices"].toArray()) {
            matrices += matrix["metric"] == "expert_weights.cosine";
            const QJsonArray values = matrix["values"].toArray();
            QCOMPARE(values[0].toArray()[0].toDouble(), 1.);
            QCOMPARE(values[0].toArray()[1], values[1].toArray()[0]);
        }
        QVERIFY(matrices > 0);
        QVERIFY(resultsOf({model})["matrices"].toArray().isEmpty());
        QCOMPARE(run({"inspect", kModels + "olmoe-1b-7b.json", "--experts"}).status, 2);

        const QString folder = spoilt("nanexpert", [](QByteArray& w) {
            std::uint64_t header = 0;
            std::memcpy(&header, w.constData(), 8);
            const auto all = QJsonDocument::fromJson(w.mid(8, qsizetype(header))).object();
            const auto at = all["model.layers.0.mlp.experts.2.up_proj.weight"].toObject()["data_offsets"].toArray()[0].toInt();
            w[qsizetype(8 + header) + at] = char(0xff);
            w[qsizetype(8 + header) + at + 1] = char(0x7f);
        });
        const Outcome nan = run({"inspect", folder, "--experts"}, 80);
        QCOMPARE(nan.status, 0);
        QVERIFY2(nan.out.contains("layer 0: the weights of expert 2 hold what is no finite number"), nan.out);
    }

    void wrongUses()
    {
        const QString model = kModels + "olmoe-1b-7b.json";
        QCOMPARE(run({"inspect"}).status, 2);
        QCOMPARE(run({"inspect", model, "--hardware", "desktop-4091"}).status, 2);
        QVERIFY(run({"inspect", model, "--hardware", "desktop-4091"}).err.contains("desktop-4090"));
        QCOMPARE(run({"inspect", model, "--context", "0"}).status, 2);
        QCOMPARE(run({"inspect", "/nowhere"}).status, 1);
        QCOMPARE(run({"inspect", "/nowhere"}).err.count('\n'), 1);
        // The model itself is never replaced.
        const QString copy = m_folder.filePath("own.json");
        QVERIFY(QFile::copy(model, copy));
        QCOMPARE(run({"inspect", copy, "-o", copy, "--force"}).status, 1);
        QCOMPARE(contents(copy), contents(model));
    }

    /// A machine whose memory is not known, one of a user, a model too large for everything.
    void machines()
    {
        const QString model = kModels + "kimi-k2.json";
        const Outcome phone = run({"inspect", model, "--hardware", "phone", "--hardware", "server-h100"}, 80);
        QCOMPARE(phone.status, 0);
        QVERIFY(phone.out.contains("phone: how much memory its GPU has is not known"));
        const QString own = m_folder.filePath("mine.json");
        QVERIFY(write(own, R"({"kind": "machine", "name": "mine", "title": "t", "source": "s", "link": "pcie4-x16",
            "gpu": {"bytes_per_second": 1e12, "memory_bytes": 1e9}})"));
        const Outcome small = run({"inspect", model, "--hardware", own}, 80);
        QCOMPARE(small.status, 0);
        QVERIFY(small.out.contains("what is not routed experts does not fit"));
        QVERIFY(std::isnan(valueOf(resultsOf({model, "--hardware", own}), "fit.decode", {{"time", "modelled"}})));
    }

    void publishedModels_data()
    {
        QTest::addColumn<QStringList>("cells");
        static const QRegularExpression row("^\\| `([^`]*)\\.json` \\|");
        int rows = 0;
        for (const QString& line :
            QString::fromUtf8(contents(EXPERTSCOPE_SOURCE_DIR "/resources/docs/models.md")).split('\n')) {
            if (!row.match(line).hasMatch())
                continue;
            ++rows;
            QTest::newRow(qPrintable(row.match(line).captured(1))) << line.split('|').mid(1);
        }
        QCOMPARE(rows, QDir(kModels).entryList({"*.json"}).size());
        QVERIFY(rows >= 20);
    }
    /// Every number of models.md is what inspect says, to the digits printed.
    void publishedModels()
    {
        QFETCH(QStringList, cells);
        const QString name = cells[0].trimmed().remove('`');
        const QJsonObject results =
            resultsOf({kModels + name, "--hardware", "desktop-4090", "--hardware", "server-h200"});
        const auto check = [&](int cell, double value) {
            const double shown = numberOf(cells[cell]);
            QVERIFY2(std::abs(shown - value) <= 0.0051 * std::abs(value),
                qPrintable(QString("%1: %2 is %3").arg(name, cells[cell]).arg(value)));
        };
        check(1, valueOf(results, "model.parameters", {}));
        check(2, valueOf(results, "model.active", {}));
        check(3, valueOf(results, "model.bytes", {}));
        check(4, valueOf(results, "model.widened_bytes", {{"type", "bf16"}}));
        check(5, 2 * valueOf(results, "kv_cache.values", {}));
        int cell = 6;
        for (const char* machine : {"desktop-4090", "server-h200"}) {
            const double residents = valueOf(results, "fit.residents", {{"hardware", machine}});
            const double streamed = valueOf(results, "fit.streamed", {{"hardware", machine}});
            const QString text = cells[cell++].trimmed();
            QCOMPARE(text == "all", streamed == 0);
            if (streamed > 0 && !std::isnan(residents))
                QCOMPARE(text.section(' ', 0, 0).toDouble(), residents);
            for (const char* metric : {"fit.decode", "fit.prefill"}) {
                const double value = valueOf(results, metric, {{"hardware", machine}});
                if (std::isnan(value))
                    QCOMPARE(cells[cell++].trimmed(), QString("-"));
                else
                    check(cell++, value);
            }
        }
    }
};

EXPERTSCOPE_TEST(TestInspectCli)
#include "tst_inspect_cli.moc"
