// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/hardware/model_config.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QtTest>

using namespace expertscope::cost;

class TestModelConfig : public QObject
{
    Q_OBJECT

private slots:
    /// Sizes that the models' own reports give (simulation.md 3.21).
    void knownModels_data()
    {
        QTest::addColumn<QString>("json");
        QTest::addColumn<double>("bits");
        QTest::addColumn<double>("megabytes");
        const auto row = [](const char* name, const char* json, double bits, double megabytes) {
            QTest::newRow(name) << json << bits << megabytes;
        };
        row("Mixtral 8x7B",
            R"({"model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336, "torch_dtype": "bfloat16"})",
            0, 352.321536);
        row("Mixtral at 4.25", R"({"model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336})", 4.25,
            93.585408);
        row("DeepSeek-V2-Lite",
            R"({"model_type": "deepseek_v2", "hidden_size": 2048, "intermediate_size": 10944, "moe_intermediate_size": 1408,
                "torch_dtype": "bfloat16"})",
            0, 17.301504);
        row("OLMoE",
            R"({"model_type": "olmoe", "hidden_size": 2048, "intermediate_size": 1024, "torch_dtype": "bfloat16"})", 0,
            12.582912);
        row("Qwen3-30B-A3B",
            R"({"model_type": "qwen3_moe", "hidden_size": 2048, "moe_intermediate_size": 768, "dtype": "bfloat16",
                "num_experts": 128})",
            0, 9.437184);
        row("gpt-oss-120b",
            R"({"model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880,
                "quantization_config": {"quant_method": "mxfp4"}})",
            0, 13.2192);
        row("DeepSeek-V3",
            R"({"model_type": "deepseek_v3", "hidden_size": 7168, "moe_intermediate_size": 2048,
                "quantization_config": {"quant_method": "fp8"}, "torch_dtype": "bfloat16"})",
            0, 44.040192);
        row("DBRX",
            R"({"model_type": "dbrx", "d_model": 6144, "ffn_config": {"ffn_hidden_size": 10752}, "torch_dtype": "bfloat16"})",
            0, 396.361728);
        row("Llama 4 Scout",
            R"({"model_type": "llama4", "text_config": {"hidden_size": 5120, "intermediate_size": 8192,
                "torch_dtype": "bfloat16"}})",
            16, 251.65824);
        row("Nemotron 3 Nano, as published",
            R"({"model_type": "nemotron_h", "hidden_size": 2688, "moe_intermediate_size": 1856, "n_routed_experts": 128,
                "torch_dtype": "bfloat16", "time_step_limit": [0.0, Infinity]})",
            0, 19.955712);
        row("Hunyuan A13B, sizes for each layer",
            R"({"model_type": "hunyuan_v1_moe", "hidden_size": 4096, "moe_intermediate_size": [3072, 3072, 3072],
                "torch_dtype": "bfloat16"})",
            0, 75.497472);
        row("dtype of the text part",
            R"({"model_type": "llama4", "text_config": {"hidden_size": 5120, "intermediate_size": 8192,
                "dtype": "bfloat16"}})",
            0, 251.65824);
        row("dtype of all parts",
            R"({"model_type": "qwen3_vl_moe", "dtype": "bfloat16",
                "text_config": {"hidden_size": 2048, "moe_intermediate_size": 768, "dtype": null}})",
            0, 9.437184);
        row("two matrices",
            R"({"model_type": "nemotron_h", "hidden_size": 100, "moe_intermediate_size": 10, "dtype": "float32"})", 0,
            .008);
    }
    void knownModels()
    {
        QFETCH(QString, json);
        QFETCH(double, bits);
        QFETCH(double, megabytes);
        const auto model =
            modelFromConfig(json.toStdString(), "config.json", bits > 0 ? std::optional(bits) : std::nullopt);
        VERIFY_OK(model);
        QVERIFY2(model->noExpertBytes.empty(), model->noExpertBytes.c_str());
        QCOMPARE(model->model.expertBytes, megabytes * 1e6);
        QVERIFY(model->model.expertFlops > 0);
    }

    /// Mixtral 8x7B has 46,702,792,704 parameters; what is left without experts, norms and the embedding.
    void theRestOfMixtral()
    {
        const auto model = modelFromConfig(
            R"({"model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336, "torch_dtype": "bfloat16",
                "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32000,
                "num_local_experts": 8, "num_experts_per_tok": 2})",
            "config.json", {});
        QVERIFY(model && model->noDense.empty());
        const double experts = 32. * 8 * 3 * 4096 * 14336, norms = 65. * 4096, embedding = 32000. * 4096;
        QCOMPARE(model->model.denseBytes, 2 * (46702792704. - experts - norms - embedding));
        QCOMPARE(model->model.denseFlops, model->model.denseBytes);
    }

    /// The demo model: 3 x 192 x 48; layers 6, heads 6 of 32, 2 kv heads, 32 experts, vocabulary 4096.
    void demo()
    {
        QFile file(EXPERTSCOPE_SOURCE_DIR "/resources/demo/config.json");
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto model = modelFromConfig(file.readAll().toStdString(), "config.json", 8);
        QVERIFY(model && model->noDense.empty());
        QCOMPARE(model->model.expertBytes, 3. * 192 * 48);
        const double layer = 192. * 32 * (6 + 2 + 2 + 6) + 192 * 32;
        QCOMPARE(model->model.denseBytes, 2 * (6 * layer + 4096. * 192)); // bf16: the given bits are of experts
    }

    /// What shared experts and dense layers add.
    void otherLayers()
    {
        const auto rest = [](const char* family, const char* more) {
            const std::string json = std::string("{\"model_type\": \"") + family
                + "\", \"hidden_size\": 64, \"intermediate_size\": 100, \"moe_intermediate_size\": 20,"
                  "\"num_hidden_layers\": 4, \"num_attention_heads\": 4, \"num_key_value_heads\": 4,"
                  "\"vocab_size\": 50, \"num_experts\": 8, \"num_experts_per_tok\": 2, \"dtype\": \"float32\""
                + more + "}";
            const auto model = modelFromConfig(json, "config.json", {});
            return model && model->noDense.empty() ? model->model.denseBytes : -1;
        };
        const double shared = rest("qwen2_moe", R"(, "shared_expert_intermediate_size": 30)");
        QCOMPARE(shared - rest("qwen2_moe", R"(, "shared_expert_intermediate_size": 0)"), 4 * 4 * 3. * 64 * 30);
        const double all = rest("qwen3_moe", R"(, "head_dim": 16)");
        QCOMPARE(all, 4 * (4 * (4 * 64. * 64 + 64 * 8) + 50 * 64));
        QCOMPARE(rest("qwen3_moe", R"(, "head_dim": 16, "mlp_only_layers": [1, 2])") - all,
            2 * 4 * (3. * 64 * 100 - 64 * 8));
        // Latent attention: 64 -> 12 and 6 + 4, then 4 heads of 10 queries, of 6 + 8 keys and values, and back.
        const double latent = rest("deepseek_v3",
            R"(, "n_routed_experts": 8, "n_group": 1, "topk_group": 1, "q_lora_rank": 12, "kv_lora_rank": 6,)"
            R"( "qk_nope_head_dim": 6, "qk_rope_head_dim": 4, "v_head_dim": 8, "first_k_dense_replace": 0)");
        const double attention = 64. * 12 + 12 * 40 + 64 * (6 + 4) + 6 * 4 * (6 + 8) + 4 * 8 * 64;
        QCOMPARE(latent, 4 * (4 * (attention + 64 * 8 + 3 * 64 * 20) + 50. * 64));
    }

    void notKnown()
    {
        const auto whyNot = [](const char* json) {
            const auto model = modelFromConfig(json, "config.json", {});
            return model ? QString("no error") : QString::fromStdString(model.error().message());
        };
        QVERIFY(whyNot(R"({"model_type": "bert"})").contains("--expert-bytes"));
        QVERIFY(whyNot(R"({"hidden_size": 5})").contains("model_type: is missing"));
        QVERIFY(whyNot(R"({"model_type": "minimax", "hidden_size": 5})").contains("intermediate_size: is missing"));
        QVERIFY(
            whyNot(R"({"model_type": "gpt_oss", "hidden_size": 0, "intermediate_size": 4})").contains("hidden_size"));
        QVERIFY(
            whyNot(R"({"model_type": "gpt_oss", "hidden_size": "5", "intermediate_size": 4})").contains("hidden_size"));
        QVERIFY(whyNot(R"({"model_type": "llama4"})").contains("text_config: is missing"));
        QVERIFY(whyNot(R"({"model_type": "hunyuan_v1_moe", "hidden_size": 5, "moe_intermediate_size": [4, 4, 5]})")
                    .contains("moe_intermediate_size[2]: differs from that of the first layer"));
        QVERIFY(whyNot(R"({"model_type": "hunyuan_v1_moe", "hidden_size": 5, "moe_intermediate_size": []})")
                    .contains("moe_intermediate_size: is an empty list"));
        QVERIFY(whyNot(R"({"model_type": "gpt_oss", "hidden_size": 5, "hidden_size": 6, "intermediate_size": 4})")
                    .contains("hidden_size: is there twice"));
        QVERIFY(whyNot(
            R"({"model_type": "nemotron_h", "hidden_size": 5, "moe_intermediate_size": 4, "moe_latent_size": 3})")
                    .contains("moe_latent_size"));
        QVERIFY(whyNot("[]").startsWith("config.json"));
        // Sizes are, the width of an element is not.
        for (const char* more : {"", R"(, "dtype": "int3")", R"(, "quantization_config": {"quant_method": "gptq"})"}) {
            const std::string json =
                std::string(R"({"model_type": "gpt_oss", "hidden_size": 8, "intermediate_size": 4)") + more + "}";
            const auto model = modelFromConfig(json, "config.json", {});
            QVERIFY2(model, json.c_str());
            QVERIFY(!model->noExpertBytes.empty() && !model->noDense.empty() && model->model.expertBytes == 0);
            QCOMPARE(modelFromConfig(json, "config.json", 4)->model.expertBytes, 48.);
        }
    }
};

EXPERTSCOPE_TEST(TestModelConfig)
#include "tst_model_config.moc"
