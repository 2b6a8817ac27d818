// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/safetensors.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include <unistd.h>

using namespace expertscope;
namespace fs = std::filesystem;

namespace {

constexpr const char* kLfsPointer =
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

/// A checkpoint small enough to write down: olmoe, H = 4, 2 heads, 2 layers, 2 experts 3 wide, 5 tokens.
struct TinyCheckpoint
{
    struct Tensor
    {
        std::string dtype;
        std::vector<int> shape;
    };
    std::map<std::string, Tensor> tensors;
    std::string config = R"({"model_type":"olmoe","hidden_size":4,"num_attention_heads":2,"num_hidden_layers":2,)"
                         R"("num_experts":2,"num_experts_per_tok":1,"intermediate_size":3,"vocab_size":5})";

    TinyCheckpoint()
    {
        add("model.embed_tokens.weight", {5, 4});
        add("model.norm.weight", {4});
        add("lm_head.weight", {5, 4});
        for (const std::string layer : {"model.layers.0.", "model.layers.1."}) {
            for (const std::string name :
                {"input_layernorm", "post_attention_layernorm", "self_attn.q_norm", "self_attn.k_norm"})
                add(layer + name + ".weight", {4});
            for (const std::string name : {"q", "k", "v", "o"})
                add(layer + "self_attn." + name + "_proj.weight", {4, 4});
            add(layer + "mlp.gate.weight", {2, 4});
            for (const std::string expert : {"0", "1"}) {
                add(layer + "mlp.experts." + expert + ".gate_proj.weight", {3, 4});
                add(layer + "mlp.experts." + expert + ".up_proj.weight", {3, 4});
                add(layer + "mlp.experts." + expert + ".down_proj.weight", {4, 3});
            }
        }
    }

    void add(const std::string& name, std::vector<int> shape, const std::string& dtype = "F32")
    {
        tensors[name] = {dtype, std::move(shape)};
    }
    void rename(const std::string& from, const std::string& to)
    {
        tensors[to] = tensors.at(from);
        tensors.erase(from);
    }

    static std::string fileOf(const std::map<std::string, Tensor>& tensors)
    {
        std::string header, data;
        for (const auto& [name, tensor] : tensors) {
            std::size_t bytes = tensor.dtype == "F64" ? 8
                : tensor.dtype.ends_with("32")        ? 4
                : tensor.dtype.ends_with("16")        ? 2
                                                      : 1;
            std::string shape;
            for (const int n : tensor.shape) {
                bytes *= static_cast<std::size_t>(n);
                shape += (shape.empty() ? "" : ",") + std::to_string(n);
            }
            header += (header.empty() ? "" : ",") + ("\"" + name + R"(":{"dtype":")" + tensor.dtype) + R"(","shape":[)"
                + shape + R"(],"data_offsets":[)" + std::to_string(data.size()) + ","
                + std::to_string(data.size() + bytes) + "]}";
            for (std::size_t i = 0; i < bytes; ++i)
                data += static_cast<char>(data.size() * 7 + 1);
        }
        header = "{" + header + "}";
        std::string bytes(8, '\0');
        const std::uint64_t n = header.size();
        std::memcpy(bytes.data(), &n, 8);
        return bytes + header + data;
    }

    void write(const fs::path& folder) const
    {
        text(folder / "config.json", config);
        text(folder / "model.safetensors", fileOf(tensors));
    }

    /// Two shards and their index; `weightMap` gets a chance to spoil it.
    void writeSharded(
        const fs::path& folder, const std::function<void(std::map<std::string, std::string>&)>& spoil = {}) const
    {
        text(folder / "config.json", config);
        std::map<std::string, Tensor> halves[2];
        std::map<std::string, std::string> weightMap;
        int i = 0;
        for (const auto& [name, tensor] : tensors) {
            const int half = i++ % 2;
            halves[half][name] = tensor;
            weightMap[name] = half ? "b.safetensors" : "a.safetensors";
        }
        text(folder / "a.safetensors", fileOf(halves[0]));
        text(folder / "b.safetensors", fileOf(halves[1]));
        if (spoil)
            spoil(weightMap);
        std::string map;
        for (const auto& [name, file] : weightMap)
            map += (map.empty() ? "\"" : ",\"") + name + "\":\"" + file + "\"";
        text(folder / "model.safetensors.index.json", R"({"metadata":{"total_size":1},"weight_map":{)" + map + "}}");
    }

    static void text(const fs::path& path, const std::string& bytes)
    {
        std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
};

using Spoil = std::function<void(TinyCheckpoint&, const fs::path&)>;

/// Every tensor source of a checkpoint, with a name for messages.
std::vector<const TensorSource*> allSources(const ModelSource& m)
{
    std::vector<const TensorSource*> all{&m.embedding, &m.finalNorm, &m.finalNormBias, &m.lmHead, &m.headBias};
    const auto addMlp = [&](const MlpSource& mlp) {
        all.insert(all.end(),
            {&mlp.gate, &mlp.up, &mlp.gateUp, &mlp.down, &mlp.gateBias, &mlp.upBias, &mlp.gateUpBias, &mlp.downBias});
    };
    for (const auto& l : m.layers) {
        all.insert(all.end(),
            {&l.attentionNorm, &l.mlpNorm, &l.attentionNormBias, &l.mlpNormBias, &l.q, &l.k, &l.v, &l.o, &l.qBias, &l.kBias,
                &l.vBias, &l.oBias, &l.qNorm, &l.kNorm, &l.sinks, &l.qDown, &l.qDownBias, &l.qDownNorm, &l.kvDown,
                &l.kvDownBias, &l.kvDownNorm, &l.kvUp, &l.router, &l.routerBias, &l.selectionBias, &l.sharedGate});
        const auto& d = l.deltaNet;
        all.insert(all.end(), {&d.qkv, &d.z, &d.b, &d.a, &d.qkvz, &d.ba, &d.kernel, &d.logDecay, &d.stepBias, &d.norm});
        all.insert(all.end(), {&d.q, &d.k, &d.v, &d.aDown, &d.aUp, &d.zDown, &d.zUp, &d.qKernel, &d.kKernel, &d.vKernel});
        const auto& s = l.stateSpace;
        all.insert(all.end(), {&s.in, &s.inBias, &s.kernel, &s.kernelBias, &s.logDecay, &s.skip, &s.stepBias, &s.norm});
        const auto& c = l.shortConvolution;
        all.insert(all.end(), {&c.in, &c.inBias, &c.kernel, &c.kernelBias});
        addMlp(l.dense);
        addMlp(l.shared);
        for (const auto& expert : l.experts)
            addMlp(expert);
    }
    return all;
}

}
Q_DECLARE_METATYPE(Spoil)

class TestCheckpoint : public QObject
{
    Q_OBJECT

private slots:
    void opens_data();
    void opens();
    void familiesAndSwitches();
    void tiny();
    void fusedIsTheSameBytes();
    void shardedIsTheSame();
    void tiedEmbeddings();
    void accepts_data();
    void accepts();
    void refuses_data();
    void refuses();
    void everyTensorIsNeeded_data();
    void everyTensorIsNeeded();
    void hubCacheLinks();
    void whatIsLeftOutIsSaid();
    void whatSeesIsLeftOut();
    void pathsThatAreNoFolder();
    void readsAreBounded();

private:
    static fs::path data() { return EXPERTSCOPE_TEST_DATA "/checkpoints"; }
};

void TestCheckpoint::opens_data()
{
    QTest::addColumn<QString>("folder");
    for (const auto& entry : fs::directory_iterator(data())) {
        if (entry.is_directory())
            QTest::newRow(entry.path().filename().c_str()) << QString::fromStdString(entry.path().string());
    }
}

/// Each generated checkpoint opens; its sites are those the reference's hooks saw; each byte of its weights belongs to
/// exactly one source.
void TestCheckpoint::opens()
{
    QFETCH(QString, folder);
    const fs::path path = folder.toStdString();
    const auto checkpoint = Checkpoint::open(path);
    VERIFY_OK(checkpoint);
    const auto golden = SafetensorsFile::open(path / "golden.safetensors");
    VERIFY_OK(golden);

    const auto& arch = checkpoint->arch();
    const auto layers = golden->values<std::int32_t>("site_layer");
    VERIFY_OK(layers);
    QCOMPARE(arch.sites.size(), layers->size());
    for (std::size_t m = 0; m < layers->size(); ++m) {
        QCOMPARE(arch.sites[m].layer, (*layers)[m]);
        const auto prefix = "site." + std::to_string(m) + ".";
        QCOMPARE(golden->find(prefix + "ids")->shape[1], arch.sites[m].topK);
        QCOMPARE(golden->find(prefix + "logits")->shape[1], arch.sites[m].numExperts);
        QCOMPARE(checkpoint->weights().layers[arch.sites[m].layer].experts.size(), arch.sites[m].numExperts);
    }
    QCOMPARE(golden->find("hidden")->shape[1], arch.hiddenSize);
    QCOMPARE(golden->find("rope_inv_freq")->shape[1],
        arch.rope.kind == RopeKind::Proportional ? arch.ropeHeadDim() / 2 : (arch.rope.rotaryDim + 1) / 2);
    QVERIFY(golden->values<std::int32_t>("input_ids")->size() >= 2000);
    const auto scaling = golden->values<float>("rope_attention_scaling");
    const auto lengths = golden->values<std::int32_t>("sequence_length");
    for (std::size_t i = 0; i < scaling->size(); ++i) {
        const bool beyond = (*lengths)[i] > arch.rope.originalMaxPositions;
        const auto ours = beyond && arch.rope.longAttentionScaling ? *arch.rope.longAttentionScaling
                                                                   : arch.rope.attentionScaling;
        QVERIFY(std::abs((*scaling)[i] - ours) < 1e-6);
    }

    std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> pieces; // (file, offset) -> bytes; tied ones once
    std::uint64_t bytes = 0;
    for (const auto* source : allSources(checkpoint->weights())) {
        if (!source->present() || source->stored)
            continue;
        const auto size = source->numElements() * elementBits(source->type) / 8;
        QVERIFY(source->file < checkpoint->files().size());
        if (pieces.emplace(std::pair{source->file, source->offset}, size).second)
            bytes += size;
    }
    // Multi-token prediction is left out, and said to be.
    QVERIFY(checkpoint->notes().empty() ? bytes == checkpoint->weightBytes() : bytes < checkpoint->weightBytes());
    std::pair<std::uint32_t, std::uint64_t> end{0, 0};
    for (const auto& [place, size] : pieces) {
        QVERIFY(place.first != end.first || place.second >= end.second); // no overlap
        end = {place.first, place.second + size};
    }
    QCOMPARE(checkpoint->weightHash().size(), std::size_t{64});
}

/// What the generator set, read back: a table against a reader that would ignore a switch.
void TestCheckpoint::familiesAndSwitches()
{
    const auto arch = [](const char* name) {
        const auto checkpoint = Checkpoint::open(data() / name);
        return checkpoint ? checkpoint->arch() : ArchSpec{};
    };
    {
        const auto a = arch("olmoe-gqa-clip-bias-linear");
        QVERIFY(a.qkvBias && a.outputBias && a.qkNorm == QkNorm::FullWidth && a.clipQkv == 0.8);
        QVERIFY(a.numKvHeads == 2 && a.headDim == 12 && a.router.renormalisation == Renormalisation::Sum);
        QVERIFY(a.rope.kind == RopeKind::Linear && a.rope.factor == 3 && a.rope.theta == 5000 && a.dtype == "float32");
    }
    {
        const auto a = arch("olmoe-dynamic-gelu");
        QVERIFY(a.activation == Activation::Gelu && a.rope.kind == RopeKind::Dynamic && a.rope.maxPositions == 96);
    }
    {
        const auto a = arch("mixtral-plain-old");
        QVERIFY(a.rope.kind == RopeKind::Default && a.rope.theta == 1e6 && a.dtype == "bfloat16"
            && a.qkNorm == QkNorm::None);
        QVERIFY(a.router.renormalisation == Renormalisation::Sum && a.router.fp32Weights);
    }
    {
        const auto a = arch("mixtral-window-headdim-sharded");
        QVERIFY(a.headDim == 20 && a.numHeads == 3 && a.numKvHeads == 1);
        QVERIFY(a.layers[0].slidingWindow == 24 && a.layers[1].slidingWindow == 24);
    }
    {
        const auto a = arch("mixtral-longrope-mqa-old");
        QVERIFY(
            a.rope.kind == RopeKind::LongRope && a.rope.originalMaxPositions == 80 && a.rope.longFactor.size() == 6);
    }
    QCOMPARE(arch("mixtral-llama3-gelutanh-alias").router.numExperts, 16);
    {
        const auto a = arch("qwen2_moe-sparse-step-nobias");
        QVERIFY(!a.qkvBias && !a.layers[0].moe && a.layers[1].moe && !a.layers[2].moe && !a.layers[3].moe
            && !a.layers[4].moe);
        QVERIFY(a.layers[3].denseIntermediate == 40 && a.sites.size() == 1 && a.sites[0].layer == 1
            && a.sites[0].numShared == 1);
    }
    {
        const auto a = arch("qwen2_moe-max-window-layers-old");
        QVERIFY(a.layers[0].slidingWindow == 13 && a.layers[1].slidingWindow == 0 && a.layers[2].slidingWindow == 0);
        QVERIFY(a.sharedIntermediate == 28 && a.sharedGated && a.qkvBias && !a.outputBias);
    }
    {
        const auto a = arch("qwen2_moe-layer-types-yarn");
        QVERIFY(a.layers[0].slidingWindow == 0 && a.layers[1].slidingWindow == 30 && a.layers[2].slidingWindow == 30);
    }
    {
        const auto a = arch("qwen3_moe-window");
        QVERIFY(a.layers[0].slidingWindow == 20 && a.layers[1].slidingWindow == 20 && a.qkNorm == QkNorm::PerHead);
    }
    QVERIFY(arch("qwen3_moe-yarn-mscale-tied-sharded").tiedEmbeddings);
    {
        const auto a = arch("qwen3_next-interval-bias-mlponly-old-mtp");
        QVERIFY(a.layers[0].mixer == Mixer::DeltaNet && a.layers[1].mixer == Mixer::GroupedQuery && a.layers[2].mixer == Mixer::DeltaNet);
        QVERIFY(a.qkvBias && a.outputBias && a.gatedAttention && !a.layers[2].moe && a.rope.rotaryDim == 4 && a.headDim == 16);
        QVERIFY(a.normKind == NormKind::RmsAroundOne && a.sharedGated && a.sharedIntermediate == 16);
    }
    {
        const auto a = arch("qwen3_next-types-unnormalised-kernel2");
        QVERIFY((a.deltaNet == DeltaNet{3, 3, 7, 20, 2}) && a.router.renormalisation == Renormalisation::None);
    }
    {
        const auto a = arch("qwen3_5_moe-plain");
        QVERIFY(a.modelType == "qwen3_5_moe" && a.layers.size() == 4 && a.layers[3].mixer == Mixer::GroupedQuery);
        QVERIFY((a.deltaNet == DeltaNet{2, 4, 8, 8, 4}) && a.router.renormalisation == Renormalisation::Sum);
    }
    {
        const auto a = arch("kimi_linear-lists-as-published");
        QVERIFY((a.deltaNet == DeltaNet{3, 3, 10, 10, 2, true}) && a.layers[0].mixer == Mixer::Latent && a.layers[1].mixer == Mixer::DeltaNet);
        QVERIFY(!a.layers[0].moe && a.layers[1].moe && a.rope.rotaryDim == 0 && a.latent->ropeDim == 8 && a.latent->queryRank == 0);
    }
    {
        const auto a = arch("granitemoehybrid-noconvbias-kernel2-limits");
        QVERIFY((a.stateSpace == StateSpace{8, 1, 8, 16, 2, false, false, 0.3, 0.9}) && a.layers[1].mixer == Mixer::StateSpace);
        QVERIFY(a.rope.rotaryDim == 0 && a.sharedIntermediate == 8 && a.residualMultiplier == 0.7);
        QVERIFY(arch("granitemoehybrid-rope-groups-biases-old-names").rope.rotaryDim == 8);
    }
    {
        const auto a = arch("lfm2_moe-bias-kernel4-untied");
        QVERIFY((a.shortConvolution == ShortConvolution{4, true}) && a.layers[0].mixer == Mixer::ShortConvolution);
        QVERIFY(!a.tiedEmbeddings && a.router.selectionBias && a.router.renormEpsilon == 1e-6 && a.normKind == NormKind::Rms);
    }
    {
        const auto a = arch("qwen3_moe-linear-odd-partial");
        QVERIFY(a.activation == Activation::Laplace && a.rope.rotaryDim == 15 && a.headDim == 16);
    }
}

void TestCheckpoint::tiny()
{
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    TinyCheckpoint().write(path);
    const auto checkpoint = Checkpoint::open(path);
    VERIFY_OK(checkpoint);
    QCOMPARE(checkpoint->weights().layers.size(), std::size_t{2});
    QCOMPARE(checkpoint->configJson(), TinyCheckpoint().config);
    const auto& down = checkpoint->weights().layers[1].experts[1].down;
    QCOMPARE(down.name, std::string("model.layers.1.mlp.experts.1.down_proj.weight"));
    QCOMPARE(down.shape, (std::vector<std::int64_t>{4, 3}));
    // the bytes are those an independent look at the file gives
    const auto file = SafetensorsFile::open(path / "model.safetensors");
    const auto wanted = file->values<float>(down.name);
    std::vector<float> got(12);
    QVERIFY(checkpoint->read(down, 0, std::as_writable_bytes(std::span(got))));
    QVERIFY(std::memcmp(got.data(), wanted->data(), 48) == 0);

    // the hash changes with a header, not with the folder
    QTemporaryDir other;
    TinyCheckpoint().write(other.path().toStdString());
    QCOMPARE(Checkpoint::open(other.path().toStdString())->weightHash(), checkpoint->weightHash());
    TinyCheckpoint bf16;
    bf16.tensors["model.norm.weight"].dtype = "BF16";
    bf16.write(other.path().toStdString());
    QVERIFY(Checkpoint::open(other.path().toStdString())->weightHash() != checkpoint->weightHash());
}

/// Slices of the fused tensors: gate rows first, then up; numbers are those of the separate experts.
void TestCheckpoint::fusedIsTheSameBytes()
{
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    TinyCheckpoint tiny;
    for (const std::string layer : {"model.layers.0.", "model.layers.1."}) {
        std::erase_if(tiny.tensors, [&](const auto& t) { return t.first.starts_with(layer + "mlp.experts."); });
        tiny.add(layer + "mlp.experts.gate_up_proj", {2, 6, 4}, "BF16");
        tiny.add(layer + "mlp.experts.down_proj", {2, 4, 3}, "BF16");
    }
    tiny.write(path);
    const auto checkpoint = Checkpoint::open(path);
    VERIFY_OK(checkpoint);
    const auto file = SafetensorsFile::open(path / "model.safetensors");
    const auto* gateUp = file->find("model.layers.1.mlp.experts.gate_up_proj");
    std::vector<std::byte> whole(gateUp->bytes);
    QVERIFY(file->read(*gateUp, 0, whole));
    for (std::size_t e = 0; e < 2; ++e) {
        const auto& expert = checkpoint->weights().layers[1].experts[e];
        QCOMPARE(expert.gate.shape, (std::vector<std::int64_t>{3, 4}));
        QCOMPARE(expert.down.shape, (std::vector<std::int64_t>{4, 3}));
        std::vector<std::byte> part(24);
        QVERIFY(checkpoint->read(expert.gate, 0, part));
        QVERIFY(std::memcmp(part.data(), whole.data() + e * 48, 24) == 0);
        QVERIFY(checkpoint->read(expert.up, 0, part));
        QVERIFY(std::memcmp(part.data(), whole.data() + e * 48 + 24, 24) == 0);
    }
}

void TestCheckpoint::shardedIsTheSame()
{
    QTemporaryDir one, two;
    const fs::path whole = one.path().toStdString(), sharded = two.path().toStdString();
    TinyCheckpoint().write(whole);
    TinyCheckpoint().writeSharded(sharded);
    const auto a = Checkpoint::open(whole), b = Checkpoint::open(sharded);
    VERIFY_OK(b);
    QCOMPARE(b->files().size(), std::size_t{2});
    QCOMPARE(a->weightBytes(), b->weightBytes());
    const auto sourcesA = allSources(a->weights()), sourcesB = allSources(b->weights());
    QCOMPARE(sourcesA.size(), sourcesB.size());
    std::set<std::uint32_t> files;
    for (std::size_t i = 0; i < sourcesA.size(); ++i) {
        QCOMPARE(sourcesA[i]->name, sourcesB[i]->name);
        QCOMPARE(sourcesA[i]->shape, sourcesB[i]->shape);
        if (sourcesB[i]->present())
            files.insert(sourcesB[i]->file);
    }
    QCOMPARE(files.size(), std::size_t{2});
}

void TestCheckpoint::tiedEmbeddings()
{
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    const auto open = [&](bool tied, std::initializer_list<const char*> without) {
        TinyCheckpoint tiny;
        tiny.config.insert(1, std::string(R"("tie_word_embeddings":)") + (tied ? "true," : "false,"));
        for (const auto* name : without)
            tiny.tensors.erase(name);
        tiny.write(path);
        return Checkpoint::open(path);
    };
    const auto tied = open(true, {"lm_head.weight"});
    VERIFY_OK(tied);
    QCOMPARE(tied->weights().lmHead.name, std::string("model.embed_tokens.weight"));
    const auto swapped = open(true, {"model.embed_tokens.weight"});
    VERIFY_OK(swapped);
    QCOMPARE(swapped->weights().embedding.name, std::string("lm_head.weight"));
    const auto both = open(true, {}); // the reference then uses both
    VERIFY_OK(both);
    QCOMPARE(both->weights().embedding.name, std::string("model.embed_tokens.weight"));
    QCOMPARE(both->weights().lmHead.name, std::string("lm_head.weight"));
    const auto headless = open(false, {"lm_head.weight"});
    VERIFY_OK(headless);
    QVERIFY(!headless->weights().lmHead.present());
    QVERIFY(!open(false, {"model.embed_tokens.weight"}));
    QVERIFY(!open(true, {"model.embed_tokens.weight", "lm_head.weight"}));
}

void TestCheckpoint::accepts_data()
{
    QTest::addColumn<Spoil>("change");
    const auto row = [](const char* name, Spoil change) { QTest::newRow(name) << change; };
    row("rotary buffers", [](auto& c, auto&) { c.add("model.layers.1.self_attn.rotary_emb.inv_freq", {1}); });
    row("rotary buffer of the model", [](auto& c, auto&) { c.add("model.rotary_emb.inv_freq", {1}); });
    row("no prefix", [](auto& c, auto&) {
        std::map<std::string, TinyCheckpoint::Tensor> bare;
        for (const auto& [name, tensor] : c.tensors)
            bare[name.starts_with("model.") ? name.substr(6) : name] = tensor;
        bare.erase("lm_head.weight");
        c.tensors = bare;
    });
    row("mixed dtypes", [](auto& c, auto&) {
        c.tensors["model.norm.weight"].dtype = "BF16";
        c.tensors["model.layers.0.mlp.gate.weight"].dtype = "F16";
    });
    row("only down fused", [](auto& c, auto&) {
        // not what the reference writes; both are needed then
        std::erase_if(c.tensors, [](const auto& t) { return t.first.starts_with("model.layers.0.mlp.experts."); });
        c.add("model.layers.0.mlp.experts.gate_up_proj", {2, 6, 4});
        c.add("model.layers.0.mlp.experts.down_proj", {2, 4, 3});
    });
    row("mixtral, file names", [](auto& c, auto&) {
        c.config.replace(c.config.find("olmoe"), 5, "mixtral");
        c.config.insert(1, R"("num_key_value_heads":2,)");
        std::map<std::string, TinyCheckpoint::Tensor> renamed;
        for (const auto& [name, tensor] : c.tensors) {
            if (name.find("q_norm") != name.npos || name.find("k_norm") != name.npos)
                continue;
            auto to = name;
            for (const auto& [from, into] : {std::pair<std::string, std::string>{".mlp.", ".block_sparse_moe."},
                     {"gate_proj", "w1"}, {"up_proj", "w3"}, {"down_proj", "w2"}}) {
                if (const auto at = to.find(from); at != to.npos)
                    to.replace(at, from.size(), into);
            }
            renamed[to] = tensor;
        }
        c.tensors = renamed;
    });
    row("other files beside", [](auto&, const fs::path& folder) {
        TinyCheckpoint::text(folder / "tokenizer.json", "{");
        TinyCheckpoint::text(folder / "old.safetensors", "junk");
        TinyCheckpoint::text(folder / "model.safetensors.index.json", "junk"); // model.safetensors wins
    });
}

void TestCheckpoint::accepts()
{
    QFETCH(Spoil, change);
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    TinyCheckpoint tiny;
    change(tiny, path);
    tiny.write(path);
    const auto checkpoint = Checkpoint::open(path);
    VERIFY_OK(checkpoint);
    QCOMPARE(checkpoint->weights().layers[1].experts.size(), std::size_t{2});
}

void TestCheckpoint::refuses_data()
{
    QTest::addColumn<bool>("sharded");
    QTest::addColumn<Spoil>("before"); // on the checkpoint
    QTest::addColumn<Spoil>("after"); // on what was written
    QTest::addColumn<QString>("where");
    QTest::addColumn<QString>("what");
    const Spoil nothing = [](auto&, auto&) {};
    const auto tensor = [&](const char* name, Spoil change, const char* where, const char* what) {
        QTest::newRow(name) << false << change << nothing << where << what;
    };
    tensor(
        "expert missing", [](auto& c, auto&) { c.tensors.erase("model.layers.1.mlp.experts.1.up_proj.weight"); },
        "tensor 'model.layers.1.mlp.experts.1.up_proj.weight'", "is missing");
    tensor(
        "router missing", [](auto& c, auto&) { c.tensors.erase("model.layers.0.mlp.gate.weight"); },
        "tensor 'model.layers.0.mlp.gate.weight'", "is missing");
    tensor(
        "norm missing", [](auto& c, auto&) { c.tensors.erase("model.norm.weight"); }, "model.norm.weight",
        "is missing");
    tensor(
        "q_norm missing", [](auto& c, auto&) { c.tensors.erase("model.layers.0.self_attn.q_norm.weight"); }, "q_norm",
        "is missing");
    tensor(
        "embedding missing", [](auto& c, auto&) { c.tensors.erase("model.embed_tokens.weight"); }, "embed_tokens",
        "is missing");
    tensor(
        "nothing there", [](auto& c, auto&) { c.tensors.clear(); }, "embed_tokens", "is missing");
    tensor(
        "an expert too many",
        [](auto& c, auto&) {
            c.add("model.layers.0.mlp.experts.2.up_proj.weight", {3, 4});
        },
        "model.safetensors: tensor 'model.layers.0.mlp.experts.2.up_proj.weight'", "is no part of the olmoe model");
    tensor(
        "a layer too many", [](auto& c, auto&) { c.add("model.layers.2.input_layernorm.weight", {4}); },
        "tensor 'model.layers.2.input_layernorm.weight'", "is no part");
    tensor(
        "bias the config lacks", [](auto& c, auto&) { c.add("model.layers.0.self_attn.q_proj.bias", {4}); },
        "q_proj.bias", "is no part");
    tensor(
        "bias the config has", [](auto& c, auto&) { c.config.insert(1, R"("attention_bias":true,)"); }, "q_proj.bias",
        "is missing");
    tensor(
        "two strangers",
        [](auto& c, auto&) {
            c.add("zzz", {1});
            c.add("yyy", {1});
        },
        "tensor 'yyy'", "nor are 1 more");
    tensor(
        "quantised leftovers", [](auto& c, auto&) { c.add("model.layers.0.self_attn.q_proj.qweight", {4}, "I32"); },
        "qweight", "is no part");
    tensor(
        "wrong width",
        [](auto& c, auto&) {
            c.add("model.layers.0.mlp.gate.weight", {3, 4});
        },
        "tensor 'model.layers.0.mlp.gate.weight'", "has shape [3, 4], the config asks for [2, 4]");
    tensor(
        "transposed",
        [](auto& c, auto&) {
            c.add("model.layers.0.mlp.experts.0.down_proj.weight", {3, 4});
        },
        "down_proj", "has shape [3, 4], the config asks for [4, 3]");
    tensor(
        "wrong rank",
        [](auto& c, auto&) {
            c.add("model.norm.weight", {4, 1});
        },
        "model.norm.weight", "has shape [4, 1]");
    tensor(
        "scalar", [](auto& c, auto&) { c.add("model.norm.weight", {}); }, "model.norm.weight", "has shape []");
    tensor(
        "no rows",
        [](auto& c, auto&) {
            c.add("model.embed_tokens.weight", {0, 4});
        },
        "embed_tokens", "has shape [0, 4]");
    tensor(
        "vocabulary differs",
        [](auto& c, auto&) {
            c.add("lm_head.weight", {6, 4});
        },
        "lm_head", "has shape [6, 4]");
    tensor(
        "float64", [](auto& c, auto&) { c.add("model.norm.weight", {4}, "F64"); }, "model.norm.weight", "is F64, only");
    tensor(
        "fp8",
        [](auto& c, auto&) {
            c.add("model.layers.0.self_attn.q_proj.weight", {4, 4}, "F8_E4M3");
        },
        "q_proj", "is F8_E4M3, only");
    tensor(
        "integers",
        [](auto& c, auto&) {
            c.add("model.layers.0.self_attn.q_proj.weight", {4, 4}, "I8");
        },
        "q_proj", "is I8, only");
    tensor(
        "fused and separate",
        [](auto& c, auto&) {
            c.add("model.layers.0.mlp.experts.gate_up_proj", {2, 6, 4});
            c.add("model.layers.0.mlp.experts.down_proj", {2, 4, 3});
        },
        "model.layers.0.mlp.experts.0.down_proj.weight", "is no part");
    tensor(
        "half fused",
        [](auto& c, auto&) {
            std::erase_if(c.tensors, [](const auto& t) { return t.first.starts_with("model.layers.0.mlp.experts."); });
            c.add("model.layers.0.mlp.experts.gate_up_proj", {2, 6, 4});
        },
        "model.layers.0.mlp.experts.down_proj", "is missing");
    tensor(
        "fused, transposed",
        [](auto& c, auto&) {
            std::erase_if(c.tensors, [](const auto& t) { return t.first.starts_with("model.layers.0.mlp.experts."); });
            c.add("model.layers.0.mlp.experts.gate_up_proj", {2, 4, 6});
            c.add("model.layers.0.mlp.experts.down_proj", {2, 3, 4});
        },
        "model.layers.0.mlp.experts.gate_up_proj", "transposed");
    tensor(
        "fused, one expert too few",
        [](auto& c, auto&) {
            std::erase_if(c.tensors, [](const auto& t) { return t.first.starts_with("model.layers.0.mlp.experts."); });
            c.add("model.layers.0.mlp.experts.gate_up_proj", {1, 6, 4});
            c.add("model.layers.0.mlp.experts.down_proj", {2, 4, 3});
        },
        "model.layers.0.mlp.experts.gate_up_proj", "has shape [1, 6, 4], the config asks for [2, 6, 4]");
    tensor(
        "another family's names",
        [](auto& c, auto&) {
            c.rename("model.layers.0.mlp.gate.weight", "model.layers.0.block_sparse_moe.gate.weight");
        },
        "model.layers.0.mlp.gate.weight", "is missing");
    tensor(
        "config of another size",
        [](auto& c, auto&) { c.config.replace(c.config.find("\"hidden_size\":4"), 15, "\"hidden_size\":8"); },
        "lm_head.weight", "has shape [5, 4], the config asks for [5, 8]");
    tensor(
        "config lies about the layers",
        [](auto& c, auto&) { c.config.replace(c.config.find("layers\":2"), 9, "layers\":9999"); },
        "model.layers.2.input_layernorm.weight", "is missing");
    tensor(
        "config lies about the experts",
        [](auto& c, auto&) { c.config.replace(c.config.find("experts\":2"), 10, "experts\":65534"); },
        "mlp.gate.weight", "the config asks for [65534, 4]");

    const auto after = [&](const char* name, Spoil change, const char* where, const char* what) {
        QTest::newRow(name) << false << nothing << change << where << what;
    };
    after(
        "no config", [](auto&, const fs::path& p) { fs::remove(p / "config.json"); }, "", "holds no config.json");
    after(
        "config a folder",
        [](auto&, const fs::path& p) {
            fs::remove(p / "config.json");
            fs::create_directory(p / "config.json");
        },
        "config.json", "not a regular file");
    after(
        "no weights", [](auto&, const fs::path& p) { fs::remove(p / "model.safetensors"); }, "", "holds neither");
    after(
        "pickled weights",
        [](auto&, const fs::path& p) { fs::rename(p / "model.safetensors", p / "pytorch_model.bin"); }, "",
        "holds neither");
    after(
        "weights not fetched",
        [](auto&, const fs::path& p) { TinyCheckpoint::text(p / "model.safetensors", kLfsPointer); },
        "model.safetensors", "is a Git LFS pointer");
    after(
        "config not fetched", [](auto&, const fs::path& p) { TinyCheckpoint::text(p / "config.json", kLfsPointer); },
        "config.json", "is a Git LFS pointer");
    const auto renamed = [&](const char* name, const char* weights, const char* what) {
        after(
            name, [weights](auto&, const fs::path& p) { fs::rename(p / "model.safetensors", p / weights); }, "", what);
    };
    renamed("GGUF", "model-Q4_K_M.gguf", "holds model-Q4_K_M.gguf, weights in the GGUF format");
    renamed("Mistral's layout", "consolidated.safetensors", "holds consolidated.safetensors, weights in Mistral's own");
    renamed("Meta's layout", "consolidated.00.pth", "holds consolidated.00.pth, weights in Meta's own");
    after(
        "GGUF alone",
        [](auto&, const fs::path& p) {
            fs::remove(p / "config.json");
            fs::rename(p / "model.safetensors", p / "x.gguf");
        },
        "", "holds x.gguf, weights in the GGUF format");
    after(
        "weights cut",
        [](auto&, const fs::path& p) {
            fs::resize_file(p / "model.safetensors", fs::file_size(p / "model.safetensors") - 1);
        },
        "model.safetensors", "the file holds");
    after(
        "weights a folder",
        [](auto&, const fs::path& p) {
            fs::remove(p / "model.safetensors");
            fs::create_directory(p / "model.safetensors");
        },
        "model.safetensors", "not a regular file");
    after(
        "an adapter", [](auto&, const fs::path& p) { TinyCheckpoint::text(p / "adapter_config.json", "{}"); }, "",
        "adapter_config.json");
    after(
        "config cut", [](auto&, const fs::path& p) { fs::resize_file(p / "config.json", 20); }, "config.json",
        "not valid JSON");
    after(
        "config sparse and huge", [](auto&, const fs::path& p) { fs::resize_file(p / "config.json", 1ull << 40); },
        "config.json", "more than the 16777216");

    const auto sharded = [&](const char* name, Spoil change, const char* where, const char* what) {
        QTest::newRow(name) << true << nothing << change << where << what;
    };
    const auto index = [&](const char* name, const std::string& text, const char* where, const char* what) {
        sharded(
            name, [text](auto&, const fs::path& p) { TinyCheckpoint::text(p / "model.safetensors.index.json", text); },
            where, what);
    };
    index("index empty", "", "index.json", "not valid JSON");
    index("index a list", "[]", "index.json", "lacks weight_map");
    index("index without map", "{}", "index.json", "lacks weight_map");
    index("map a list", R"({"weight_map":[]})", "index.json: weight_map", "is an array");
    index("map empty", R"({"weight_map":{}})", "index.json: weight_map", "names no tensor");
    index("map to numbers", R"({"weight_map":{"a":1}})", "weight_map: 'a'", "not a file name");
    index("map twice", R"({"weight_map":{"a":"a.safetensors","a":"b.safetensors"}})", "index.json", "appears twice");
    index("path up", R"({"weight_map":{"a":"../a.safetensors"}})", "weight_map: 'a'", "is not a plain file name");
    index("absolute", R"({"weight_map":{"a":"/etc/passwd"}})", "weight_map: 'a'", "is not a plain file name");
    index("two dots", R"({"weight_map":{"a":".."}})", "weight_map: 'a'", "is not a plain file name");
    index("backslash", R"({"weight_map":{"a":"..\\a.safetensors"}})", "weight_map: 'a'", "is not a plain file name");
    index("zero byte in a name", R"({"weight_map":{"a":"a.safetensors\u0000"}})", "weight_map: 'a'",
        "is not a plain file name");
    index("empty name", R"({"weight_map":{"a":""}})", "weight_map: 'a'", "is not a plain file name");
    index("long name", R"({"weight_map":{"a":")" + std::string(300, 'x') + R"(.safetensors"}})", "weight_map: 'a'",
        "is not a plain");
    index("not safetensors", R"({"weight_map":{"a":"config.json"}})", "weight_map: 'a'", "not a safetensors file");
    index("file missing", R"({"weight_map":{"a":"c.safetensors"}})", "c.safetensors", "cannot open");
    index("tensor in no file", R"({"weight_map":{"a":"a.safetensors"}})", "a.safetensors: tensor 'a'",
        "it is in no file");
    sharded(
        "tensor in the other file",
        [](TinyCheckpoint& c, const fs::path& p) {
            c.writeSharded(p, [](auto& map) {
                map["model.norm.weight"] =
                    map["model.norm.weight"] == "a.safetensors" ? "b.safetensors" : "a.safetensors";
            });
        },
        "tensor 'model.norm.weight'", "the index says it is here");
    sharded(
        "tensor in both files",
        [](TinyCheckpoint&, const fs::path& p) {
            fs::copy_file(p / "a.safetensors", p / "b.safetensors", fs::copy_options::overwrite_existing);
        },
        "b.safetensors: tensor", "is also in a.safetensors");
    sharded(
        "shard missing", [](auto&, const fs::path& p) { fs::remove(p / "b.safetensors"); }, "b.safetensors",
        "cannot open");
    sharded(
        "shard cut", [](auto&, const fs::path& p) { fs::resize_file(p / "b.safetensors", 100); }, "b.safetensors",
        "the whole file has 100");
    sharded(
        "shard a broken link",
        [](auto&, const fs::path& p) {
            fs::remove(p / "b.safetensors");
            fs::create_symlink("/nowhere/b.safetensors", p / "b.safetensors");
        },
        "b.safetensors", "it is a link to /nowhere/b.safetensors, and nothing is there");
    sharded(
        "no index",
        [](auto&, const fs::path& p) {
            fs::remove(p / "model.safetensors.index.json");
            fs::rename(p / "a.safetensors", p / "model-00001-of-00002.safetensors");
        },
        "", "holds shards such as model-00001-of-00002.safetensors but no model.safetensors.index.json");
    sharded(
        "index not fetched",
        [](auto&, const fs::path& p) { TinyCheckpoint::text(p / "model.safetensors.index.json", kLfsPointer); },
        "model.safetensors.index.json", "is a Git LFS pointer");
    sharded(
        "shard a link to itself",
        [](auto&, const fs::path& p) {
            fs::remove(p / "b.safetensors");
            fs::create_symlink("b.safetensors", p / "b.safetensors");
        },
        "b.safetensors", "cannot open");
    sharded(
        "no file has the expert",
        [](TinyCheckpoint& c, const fs::path& p) {
            c.tensors.erase("model.layers.1.mlp.experts.1.up_proj.weight");
            c.writeSharded(p);
        },
        "tensor 'model.layers.1.mlp.experts.1.up_proj.weight'", "is missing");
}

void TestCheckpoint::refuses()
{
    QFETCH(bool, sharded);
    QFETCH(Spoil, before);
    QFETCH(Spoil, after);
    QFETCH(QString, where);
    QFETCH(QString, what);
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    TinyCheckpoint tiny;
    before(tiny, path);
    if (sharded)
        tiny.writeSharded(path);
    else
        tiny.write(path);
    after(tiny, path);
    QElapsedTimer timer;
    timer.start();
    const auto checkpoint = Checkpoint::open(path);
    QVERIFY(!checkpoint);
    QVERIFY(timer.elapsed() < 20000); // no hang; milliseconds on any machine
    const auto message = checkpoint.error().message();
    QVERIFY2(QString::fromStdString(checkpoint.error().what).contains(what), message.c_str());
    QVERIFY2(QString::fromStdString(checkpoint.error().where).contains(where), message.c_str());
    QVERIFY2(QString::fromStdString(checkpoint.error().where).startsWith(folder.path()), message.c_str());
    QVERIFY2(message.find('\n') == std::string::npos && message.size() < 1200, message.c_str());
}

void TestCheckpoint::everyTensorIsNeeded_data()
{
    QTest::addColumn<QString>("folder");
    for (const auto& entry : fs::directory_iterator(data())) {
        const auto name = entry.path().filename().string();
        const bool wanted = name.ends_with("-plain") || name.find("bias") != name.npos || name.starts_with("stored")
            || name == "deepseek_v2-lite-yarn" || name == "deepseek_v3-moonlight-mtp";
        if (wanted && fs::exists(entry.path() / "model.safetensors"))
            QTest::newRow(name.c_str()) << QString::fromStdString(entry.path().string());
    }
}

/// Each tensor of a checkpoint under another name, of another shape and of another type: refused by name, or (what is
/// left out, a head) of no consequence.
void TestCheckpoint::everyTensorIsNeeded()
{
    QFETCH(QString, folder);
    const fs::path from = folder.toStdString();
    const auto whole = Checkpoint::open(from);
    VERIFY_OK(whole);
    const auto behind = "model.layers." + std::to_string(whole->arch().layers.size()) + ".";
    QTemporaryDir copy;
    const fs::path to = copy.path().toStdString();
    fs::copy_file(from / "config.json", to / "config.json");
    std::ifstream in(from / "model.safetensors", std::ios::binary);
    const std::string original{std::istreambuf_iterator<char>(in), {}};
    const auto file = SafetensorsFile::open(from / "model.safetensors");
    VERIFY_OK(file);
    int refused = 0;
    const auto attempt = [&](const std::string& bytes, const std::string& name) {
        TinyCheckpoint::text(to / "model.safetensors", bytes);
        const auto checkpoint = Checkpoint::open(to);
        if (checkpoint)
            return false;
        const auto message = checkpoint.error().message();
        ++refused;
        // The parts of a stored weight may be missed under the weight's own name.
        const auto stem = whole->arch().quantisation ? name.substr(0, name.rfind('.')) : name.substr(0, name.size() - 1);
        return message.find(stem) != message.npos || message.find("is no part") != message.npos;
    };
    for (const auto& entry : file->entries()) {
        if (entry.name.find("experts.") != entry.name.npos && entry.name.find("experts.0.") == entry.name.npos
            && entry.name.find("experts.1.") == entry.name.npos && entry.name.find("shared_experts") == entry.name.npos
            && entry.name.find("experts.gate") == entry.name.npos && entry.name.find("experts.down") == entry.name.npos)
            continue; // two are enough
        const auto at = original.find("\"" + entry.name + "\":");
        QVERIFY(at != original.npos);
        const bool optional = entry.name.starts_with("lm_head") || entry.name.starts_with(behind) || entry.bytes == 0
            || entry.name.starts_with("mtp.") || entry.name.starts_with("model.visual.");
        auto renamed = original;
        renamed[at + entry.name.size()] = '~';
        QVERIFY2(attempt(renamed, entry.name) || optional, ("renamed " + entry.name).c_str());
        if (entry.shape.size() < 2 || entry.shape[0] == entry.shape[1] || optional)
            continue;
        auto turned = original;
        const auto comma = turned.find(',', turned.find("\"shape\":[", at));
        const auto first = turned.find('[', turned.find("\"shape\"", at)) + 1, end = turned.find(']', comma);
        const auto next = std::min(turned.find(',', comma + 1), end);
        const auto a = turned.substr(first, comma - first), b = turned.substr(comma + 1, next - comma - 1);
        turned.replace(first, next - first, b + "," + a);
        QVERIFY2(attempt(turned, entry.name), ("turned " + entry.name).c_str());
    }
    QVERIFY(refused >= 8);
}

/// snapshots/REVISION/FILE -> ../../blobs/HASH, as the hub's client keeps its downloads.
void TestCheckpoint::hubCacheLinks()
{
    QTemporaryDir folder;
    const fs::path root = folder.path().toStdString(), snapshot = root / "snapshots" / "0123abc";
    fs::create_directories(snapshot);
    fs::create_directories(root / "blobs");
    TinyCheckpoint().writeSharded(snapshot);
    for (const auto* name : {"a.safetensors", "b.safetensors", "config.json", "model.safetensors.index.json"}) {
        fs::rename(snapshot / name, root / "blobs" / name);
        fs::create_symlink(fs::path("../../blobs") / name, snapshot / name);
    }
    const auto checkpoint = Checkpoint::open(snapshot);
    VERIFY_OK(checkpoint);
    // Older clients, DVC and stores of clusters link elsewhere.
    QTemporaryDir store;
    const fs::path elsewhere = store.path().toStdString();
    fs::copy_file(root / "blobs" / "a.safetensors", elsewhere / "a.safetensors");
    fs::remove(snapshot / "a.safetensors");
    fs::create_symlink(elsewhere / "a.safetensors", snapshot / "a.safetensors");
    VERIFY_OK(Checkpoint::open(snapshot));
    // The folder above is no checkpoint: which one is meant?
    const auto above = Checkpoint::open(root);
    QVERIFY(!above);
    QVERIFY2(above.error().hint.ends_with("snapshots/0123abc"), above.error().message().c_str());
}

/// Heads of reward models and tensors without elements have no part in routing.
void TestCheckpoint::whatIsLeftOutIsSaid()
{
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    TinyCheckpoint plain;
    plain.write(path);
    const auto without = Checkpoint::open(path);
    VERIFY_OK(without);
    QVERIFY(without->notes().empty());
    TinyCheckpoint tiny;
    tiny.add("score.weight", {2, 4});
    tiny.add("empty", {0, 4});
    tiny.add("empty.too", {0});
    tiny.write(path);
    const auto checkpoint = Checkpoint::open(path);
    VERIFY_OK(checkpoint);
    QCOMPARE(checkpoint->notes(),
        (std::vector<std::string>{"tensor 'empty' and 1 more left out: no elements",
            "tensor 'score.weight' left out: a head that scores texts, behind the last router"}));
}

/// Vision towers and multi-token prediction of published files: left out, one line each.
void TestCheckpoint::whatSeesIsLeftOut()
{
    const auto sees = Checkpoint::open(data() / "qwen3_5_moe-plain");
    VERIFY_OK(sees);
    QCOMPARE(sees->notes().size(), std::size_t{1});
    QVERIFY2(sees->notes()[0].starts_with("tensor 'model.visual.blocks.0.attn.proj.bias' and ")
            && sees->notes()[0].ends_with(" more left out: what sees pictures, no token of a text passes it"),
        sees->notes()[0].c_str());
    const auto predicts = Checkpoint::open(data() / "qwen3_next-interval-bias-mlponly-old-mtp");
    VERIFY_OK(predicts);
    QCOMPARE(predicts->notes(),
        std::vector<std::string>{"tensor 'mtp.fc.weight' and 1 more left out: multi-token prediction, behind the last layer"});
}

/// One line that says what it is, and what to do.
void TestCheckpoint::pathsThatAreNoFolder()
{
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    const auto hub = Checkpoint::open("Qwen/Qwen3-30B-A3B");
    QVERIFY(!hub);
    QVERIFY2(
        hub.error().hint.find("hf download Qwen/Qwen3-30B-A3B") != std::string::npos, hub.error().message().c_str());
    const auto missing = Checkpoint::open("/nowhere/at all");
    QVERIFY(!missing);
    QCOMPARE(missing.error().message(), std::string("/nowhere/at all: no such folder"));
    TinyCheckpoint::text(path / "model.gguf", "GGUF");
    const auto gguf = Checkpoint::open(path / "model.gguf");
    QVERIFY(!gguf);
    QVERIFY2(gguf.error().what.find("a GGUF file") != std::string::npos, gguf.error().message().c_str());
    fs::create_directories(path / "run" / "checkpoint-500");
    const auto run = Checkpoint::open(path / "run");
    QVERIFY(!run);
    QVERIFY2(run.error().hint.ends_with("run/checkpoint-500"), run.error().message().c_str());
}

void TestCheckpoint::readsAreBounded()
{
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    TinyCheckpoint().write(path);
    auto checkpoint = Checkpoint::open(path);
    VERIFY_OK(checkpoint);
    const auto norm = checkpoint->weights().finalNorm; // 16 bytes
    std::vector<std::byte> bytes(16);
    QVERIFY(checkpoint->read(norm, 0, bytes));
    QVERIFY(checkpoint->read(norm, 16, {}));
    QVERIFY(!checkpoint->read(norm, 1, bytes));
    QVERIFY(!checkpoint->read(norm, 17, {}));
    QVERIFY(!checkpoint->read(norm, ~0ull - 4, bytes));
    QVERIFY(!checkpoint->read(TensorSource{}, 0, {}));
    auto elsewhere = norm;
    elsewhere.file = 1;
    QVERIFY(!checkpoint->read(elsewhere, 0, bytes));

    auto moved = std::move(*checkpoint);
    QVERIFY(moved.read(norm, 0, bytes));
    fs::resize_file(path / "model.safetensors", 10);
    const auto torn = moved.read(norm, 0, bytes);
    QVERIFY(!torn);
    QVERIFY2(
        torn.error().where.find("tensor 'model.norm.weight'") != std::string::npos, torn.error().message().c_str());
    QVERIFY(torn.error().what.find("when it was opened") != std::string::npos);

    QVERIFY(!Checkpoint::open(path / "nowhere"));
    QVERIFY(!Checkpoint::open(path / "config.json"));
}

EXPERTSCOPE_TEST(TestCheckpoint)
#include "tst_checkpoint.moc"
