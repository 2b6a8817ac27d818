// SPDX-License-Identifier: GPL-3.0-or-later
//
// Parameters by part, counted from the config alone: against transformers (tests/data/parameter_counts.json), and
// against the tensors of the files.
#include "io/checkpoint/model_parts.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace expertscope;

namespace {

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

const QString kData = EXPERTSCOPE_TEST_DATA, kResources = EXPERTSCOPE_SOURCE_DIR "/resources";

}

class TestModelParts : public QObject
{
    Q_OBJECT
private slots:
    void counts_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QJsonObject>("golden");
        const auto models = QJsonDocument::fromJson(contents(kData + "/parameter_counts.json"))["models"].toObject();
        QVERIFY(models.size() > 100);
        for (auto at = models.begin(); at != models.end(); ++at)
            QTest::newRow(qPrintable(at.key())) << at.key() << at.value().toObject();
    }
    void counts()
    {
        QFETCH(QString, name);
        QFETCH(QJsonObject, golden);
        const bool folder = name.startsWith("checkpoints/");
        const QString path = (folder ? kData : kResources) + "/" + name;
        const auto arch = parseArchSpec(contents(folder ? path + "/config.json" : path).toStdString(), "config.json");
        VERIFY_OK(arch);
        const ModelCounts counted = countParameters(*arch);
        for (std::size_t p = 0; p < kNumModelParts; ++p)
            QCOMPARE(counted.parts[p].all(), golden[nameOf(ModelPart(p))].toDouble());
        QCOMPARE(counted.all(), golden["all"].toDouble());
        const double experts = double(arch->sites.size()) * double(arch->router.numExperts);
        QCOMPARE(counted.expert * experts, golden["experts"].toDouble());
        QCOMPARE(counted.active,
            golden["all"].toDouble()
                - golden["experts"].toDouble() / double(arch->router.numExperts)
                    * double(arch->router.numExperts - arch->router.topK));
    }

    void tensors_data() { counts_data(); }
    /// The same, as the files have it.
    void tensors()
    {
        QFETCH(QString, name);
        QFETCH(QJsonObject, golden);
        if (!name.startsWith("checkpoints/"))
            return;
        const auto checkpoint = Checkpoint::open((kData + "/" + name).toStdString());
        VERIFY_OK(checkpoint);
        std::array<double, kNumModelParts> found{};
        forEachTensor(checkpoint->weights(),
            [&](ModelPart part, const TensorSource& t) { found[std::size_t(part)] += double(t.numElements()); });
        for (std::size_t p = 0; p < kNumModelParts; ++p)
            QCOMPARE(found[p], golden[nameOf(ModelPart(p))].toDouble());
    }

    /// Reported by the models' makers: keys and values of DeepSeek-V3 take 70,272 bytes a token in bf16, those of
    /// Qwen3-30B-A3B 98,304 (48 layers x 2 x 4 heads x 128 x 2 bytes); every other layer of gpt-oss sees 128 tokens.
    void cache()
    {
        const auto of = [](const char* model) {
            return countCache(
                *parseArchSpec(contents(kResources + "/models/" + model + ".json").toStdString(), model));
        };
        QCOMPARE(of("deepseek-v3").whole * 2, 70272.);
        QCOMPARE(of("qwen3-30b-a3b").whole * 2, 98304.);
        const CacheCount sliding = of("gpt-oss-20b");
        QCOMPARE(sliding.whole, 12. * 2 * 8 * 64);
        QCOMPARE(sliding.windowed, sliding.whole);
        QCOMPARE(sliding.window, 128);
        QCOMPARE(sliding.values(100), 200 * sliding.whole);
        QCOMPARE(sliding.values(1000), 1128 * sliding.whole);
        // Every fourth of 48 layers attends: 2 heads of 256. The others keep 32 states of 128 x 128, and three rows of the
        // 16 + 16 + 32 heads of 128 that are convolved over four tokens.
        const CacheCount net = of("qwen3-next-80b-a3b");
        QCOMPARE(net.whole, 12. * 2 * 2 * 256);
        QCOMPARE(net.state, 36. * 32 * 128 * 128);
        QCOMPARE(net.recent, 36. * 3 * 64 * 128);
        QCOMPARE(net.windowed, 0.);
        QCOMPARE(net.bytes(0), 4 * net.state + 2 * net.recent);
        QCOMPARE(net.bytes(1000), net.bytes(0) + 2000 * net.whole);
        // 7 of 27 layers are latent, 512 + 64; the others keep 32 states of 128 x 128 and three rows of 3 x 32 x 128.
        const CacheCount kimi = of("kimi-linear-48b-a3b");
        QCOMPARE(kimi.whole, 7. * 576);
        QCOMPARE(kimi.state, 20. * 32 * 128 * 128);
        QCOMPARE(kimi.recent, 20. * 3 * 3 * 32 * 128);
        // 36 of 40 layers keep 48 states of 64 x 128, and three rows of 3,072 + 2 x 128.
        const CacheCount space = of("granite-4.0-h-tiny");
        QCOMPARE(space.whole, 4. * 2 * 4 * 128);
        QCOMPARE(space.state, 36. * 48 * 64 * 128);
        QCOMPARE(space.recent, 36. * 3 * (3072 + 256));
        const CacheCount convolved = of("lfm2-8b-a1b"); // 6 of 24 layers attend, 8 heads of 64; the others see three tokens
        QCOMPARE(convolved.whole, 6. * 2 * 8 * 64);
        QCOMPARE(convolved.state, 0.);
        QCOMPARE(convolved.recent, 18. * 2 * 2048);
    }

    /// Sizes no machine has are counted, not wrapped around.
    void enormous()
    {
        const auto arch = parseArchSpec(R"({"model_type": "olmoe", "hidden_size": 2147483616, "num_attention_heads": 16,
            "num_hidden_layers": 16, "intermediate_size": 2147483647, "num_experts": 65534, "num_experts_per_tok": 1,
            "vocab_size": 2147483647})",
            "config.json");
        VERIFY_OK(arch);
        const double one = 3. * 2147483616 * 2147483647;
        QVERIFY(countParameters(*arch).all() > 16. * 65534 * one);
    }
};

EXPERTSCOPE_TEST(TestModelParts)
#include "tst_model_parts.moc"
