// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/inspect/sizes.h"
#include "analysis/inspect/words.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>

using namespace expertscope;
using namespace expertscope::inspect;

namespace {

Subject published(const std::string& name)
{
    auto subject = openSubject(EXPERTSCOPE_SOURCE_DIR "/resources/models/" + name + ".json");
    return subject ? std::move(*subject) : Subject();
}

}

class TestSizes : public QObject
{
    Q_OBJECT
private slots:
    void stored_data()
    {
        QTest::addColumn<QString>("folder");
        const QDir root(EXPERTSCOPE_TEST_DATA "/checkpoints");
        for (const auto& name : root.entryList(QDir::Dirs | QDir::NoDotAndDotDot))
            QTest::newRow(qPrintable(name)) << root.filePath(name);
    }
    /// Every byte of the files is of a part or left out; and what the config alone lets one expect comes close.
    void stored()
    {
        QFETCH(QString, folder);
        const auto whole = openSubject(folder.toStdString());
        VERIFY_OK(whole);
        QVERIFY(whole->checkpoint && !whole->refusal);
        const StoredSizes stored = sizesOf(*whole).stored;
        QCOMPARE(stored.all() + stored.leftOut, double(whole->checkpoint->weightBytes()));
        QCOMPARE(stored.leftOut > 0, !whole->checkpoint->notes().empty() && stored.leftOut > 0);
        double forms = 0;
        for (const auto& [form, bytes] : stored.forms)
            forms += bytes;
        QCOMPARE(forms, stored.all());
        QVERIFY(!stored.estimated);

        const auto config = openSubject((folder + "/config.json").toStdString());
        VERIFY_OK(config);
        QVERIFY(!config->checkpoint);
        const StoredSizes estimated = sizesOf(*config).stored;
        QVERIFY(estimated.estimated);
        // Narrow matrices have many scales and pads for their size: of real ones a form's share is that of the config.
        const double tolerance = whole->arch->quantisation ? 0.25 : 0.01;
        QVERIFY2(std::abs(estimated.all() / stored.all() - 1) < tolerance,
            qPrintable(QString("%1 of %2").arg(estimated.all()).arg(stored.all())));
    }

    /// 12.75 GiB and 60.8 GiB are the sizes of the published checkpoints of gpt-oss; DeepSeek-V3 is 671 GB of fp8 and
    /// what is not.
    void publishedSizes()
    {
        QVERIFY(std::abs(sizesOf(published("gpt-oss-20b")).stored.all() / (12.8 * (1 << 30)) - 1) < 0.01);
        QVERIFY(std::abs(sizesOf(published("gpt-oss-120b")).stored.all() / (60.8 * (1 << 30)) - 1) < 0.01);
        QVERIFY(std::abs(sizesOf(published("deepseek-v3")).stored.all() / 673e9 - 1) < 0.01);
    }

    void words()
    {
        const Subject v3 = published("deepseek-v3"), oss = published("gpt-oss-20b"), qwen = published("qwen3-30b-a3b"),
                      qwen2 = published("qwen1.5-moe-a2.7b"), phi = published("phi-3.5-moe");
        QCOMPARE(layersInWords(*v3.arch),
            std::string("61: 58 with a router (3-60), 3 dense (0-2), 18,432 wide; 1 more for multi-token prediction, not "
                        "run"));
        QCOMPARE(layersInWords(*qwen.arch), std::string("48, all with a router"));
        QCOMPARE(expertsInWords(*qwen2.arch),
            std::string("60 a layer, 4 chosen, 1,408 wide, silu; 1 shared, 5,632 wide, behind a sigmoid gate of its own"));
        QCOMPARE(routerInWords(*v3.arch),
            std::string("sigmoid of each logit, in fp32; the 8 best by score + a bias that is in no weight, from the 4 best "
                        "of 8 groups (a group counts as its best two); weights divided by their sum + 1e-20, x 2.5"));
        QCOMPARE(routerInWords(*qwen2.arch),
            std::string("softmax over all logits; the 4 best; weights are the scores as they are"));
        QCOMPARE(routerInWords(*phi.arch),
            std::string("sparse mixer: one expert after the other; the 2 best; each weighed against the experts within "
                        "0.02 of its logit"));
        QCOMPARE(attentionInWords(*oss.arch),
            std::string("grouped-query, 64 heads of 64 on 8 of keys and values; biases; a sink a head; layers 0, 2, …, 22 "
                        "see 128 tokens"));
        QCOMPARE(attentionInWords(*v3.arch),
            std::string("latent (MLA), 128 heads of 128 + 64 rotated, values of 128; keys and values are made of 512, "
                        "queries of 1,536"));
        const Subject next = published("qwen3.5-35b-a3b"), lfm2 = published("lfm2-8b-a1b");
        QVERIFY(next.arch && lfm2.arch);
        QCOMPARE(attentionInWords(*next.arch),
            std::string("grouped-query, 16 heads of 256 on 2 of keys and values; norm of each head's queries and keys; what "
                        "a head attends to behind a sigmoid gate; layers 3, 7, …, 39"));
        QCOMPARE(linearInWords(*next.arch),
            std::string("gated delta net, 32 heads with a state of 128 x 128 on 16 of queries and keys; convolved over 4 "
                        "tokens; all other layers"));
        QCOMPARE(linearInWords(*lfm2.arch), std::string("short convolution over 3 tokens; all other layers"));
        const Subject granite = published("granite-4.0-h-small");
        QVERIFY(granite.arch);
        QCOMPARE(linearInWords(*granite.arch),
            std::string("state space (Mamba-2), 128 heads with a state of 128 x 64; convolved over 4 tokens; all other layers"));
        const Subject kimi = published("kimi-linear-48b-a3b");
        QVERIFY(kimi.arch);
        QCOMPARE(linearInWords(*kimi.arch),
            std::string("delta net with a decay a channel (KDA), 32 heads with a state of 128 x 128 on 32 of queries and keys; "
                        "convolved over 4 tokens; all other layers"));
        QCOMPARE(positionsInWords(*kimi.arch), std::string("none; made for 1,048,576 tokens"));
        QCOMPARE(linearInWords(*v3.arch), std::string());
        QCOMPARE(positionsInWords(*next.arch),
            std::string("rotary, theta 10,000,000, 64 of 256 dimensions; made for 262,144 tokens"));
        QCOMPARE(storedInWords(*v3.arch), std::string("fp8 with a scale a block of 128 x 128; the rest bfloat16"));
        QCOMPARE(positionsInWords(*qwen.arch), std::string("rotary, theta 1,000,000; made for 40,960 tokens"));
    }

    void refusals()
    {
        const QTemporaryDir folder;
        const std::string path = folder.filePath("config.json").toStdString();
        const auto write = [&](const char* json) { std::ofstream(path) << json; };
        write(R"({"model_type": "jamba", "hidden_size": 4096, "num_hidden_layers": 32, "num_experts": 16,
            "num_experts_per_tok": 2, "intermediate_size": 14336, "torch_dtype": "bfloat16"})");
        const auto jamba = openSubject(path);
        VERIFY_OK(jamba);
        QVERIFY(!jamba->arch && jamba->refusal);
        QVERIFY(jamba->refusal->what.find("unknown model type 'jamba'") != std::string::npos);
        const std::vector<std::pair<std::string, std::string>> facts{{"layers", "32"}, {"hidden size", "4096"},
            {"experts", "16"}, {"chosen a token", "2"},
            {"an expert", "3 x 4096 x 14336 elements of 16 bits (bfloat16)"}};
        QVERIFY(jamba->facts == facts);

        write("[1, 2]");
        QVERIFY(!openSubject(path));
        write("{");
        QVERIFY(!openSubject(path));
        QVERIFY(!openSubject(folder.filePath("nothing").toStdString()));
        write(R"({"model_type": 7, "text_config": {"num_experts": {}}})");
        const auto odd = openSubject(path);
        VERIFY_OK(odd);
        QVERIFY(odd->refusal && odd->facts.empty());
        // A folder without weights: a capture refuses it, its config is told.
        write(R"({"model_type": "olmoe"})");
        const auto bare = openSubject(folder.path().toStdString());
        VERIFY_OK(bare);
        QVERIFY(bare->arch && bare->refusal && !bare->checkpoint);
    }
};

EXPERTSCOPE_TEST(TestSizes)
#include "tst_sizes.moc"
