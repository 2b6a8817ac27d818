// SPDX-License-Identifier: GPL-3.0-or-later
//
// From tensor names to roles. The two spellings are those of transformers 5 (conversion_mapping.py): files keep one
// tensor an expert and projection; its memory, and files saved with save_original_format=False, hold
// experts.gate_up_proj [E, 2I, H] (gate rows first) and experts.down_proj [E, H, I].
#include "io/checkpoint/family.h"
#include "io/checkpoint/weight_table.h"

#include <cassert>

namespace expertscope {

namespace {

class Resolver
{
public:
    Resolver(WeightTable& table, const ArchSpec& arch, const Family& family)
        : m_table(table)
        , m_arch(arch)
        , m_family(family)
    {
    }

    Expected<ModelSource> model()
    {
        const auto& a = m_arch;
        ModelSource m;
        const std::string bare = "embed_tokens.weight", full = "model.embed_tokens.weight", head = "lm_head.weight";
        m_prefix = m_table.has(bare) && !m_table.has(full) ? "" : "model.";
        if (m_table.has(head))
            ES_TRY(take(m.lmHead, head, {a.vocabSize, a.hiddenSize}));
        if (a.tiedEmbeddings && m.lmHead.present() && !m_table.has(m_prefix + bare)) {
            m.embedding = m.lmHead; // the reference ties to whichever of the two exists
            m_prefix = m_table.has("norm.weight") ? "" : "model.";
        } else {
            ES_TRY(take(m.embedding, m_prefix + bare, {a.vocabSize, a.hiddenSize}));
        }
        // Where both exist the reference uses both, whatever tie_word_embeddings says.
        if (a.tiedEmbeddings && !m.lmHead.present())
            m.lmHead = m.embedding;
        ES_TRY(take(m.finalNorm, m_prefix + "norm.weight", {a.hiddenSize}));
        for (std::size_t i = 0; i < a.layers.size(); ++i) {
            ES_ASSIGN(auto l, layer(i));
            m.layers.push_back(std::move(l));
        }
        return m;
    }

private:
    Expected<void> take(TensorSource& into, const std::string& name, const std::vector<std::int64_t>& shape)
    {
        ES_ASSIGN(into, m_table.take(name, shape));
        return {};
    }

    Expected<void> takeMlp(MlpSource& into, const std::string& base, std::int64_t width)
    {
        const auto hidden = m_arch.hiddenSize;
        ES_TRY(take(into.gate, base + "gate_proj.weight", {width, hidden}));
        ES_TRY(take(into.up, base + "up_proj.weight", {width, hidden}));
        return take(into.down, base + "down_proj.weight", {hidden, width});
    }

    Expected<LayerSource> layer(std::size_t index)
    {
        const auto& a = m_arch;
        const auto base = m_prefix + "layers." + std::to_string(index) + ".";
        LayerSource l;
        ES_TRY(take(l.inputNorm, base + "input_layernorm.weight", {a.hiddenSize}));
        ES_TRY(take(l.postAttentionNorm, base + "post_attention_layernorm.weight", {a.hiddenSize}));
        ES_TRY(attention(l, base + "self_attn."));
        if (a.layers[index].moe)
            ES_TRY(moe(l, base));
        else
            ES_TRY(takeMlp(l.dense, base + "mlp.", a.layers[index].denseIntermediate));
        return l;
    }

    Expected<void> attention(LayerSource& l, const std::string& base)
    {
        const auto& a = m_arch;
        const auto width = a.numHeads * a.headDim, kvWidth = a.numKvHeads * a.headDim;
        ES_TRY(take(l.q, base + "q_proj.weight", {width, a.hiddenSize}));
        ES_TRY(take(l.k, base + "k_proj.weight", {kvWidth, a.hiddenSize}));
        ES_TRY(take(l.v, base + "v_proj.weight", {kvWidth, a.hiddenSize}));
        ES_TRY(take(l.o, base + "o_proj.weight", {a.hiddenSize, width}));
        if (a.qkvBias) {
            ES_TRY(take(l.qBias, base + "q_proj.bias", {width}));
            ES_TRY(take(l.kBias, base + "k_proj.bias", {kvWidth}));
            ES_TRY(take(l.vBias, base + "v_proj.bias", {kvWidth}));
        }
        if (a.outputBias)
            ES_TRY(take(l.oBias, base + "o_proj.bias", {a.hiddenSize}));
        if (a.qkNorm != QkNorm::None) {
            const bool perHead = a.qkNorm == QkNorm::PerHead;
            ES_TRY(take(l.qNorm, base + "q_norm.weight", {perHead ? a.headDim : width}));
            ES_TRY(take(l.kNorm, base + "k_norm.weight", {perHead ? a.headDim : kvWidth}));
        }
        return {};
    }

    Expected<void> moe(LayerSource& l, const std::string& base)
    {
        const auto& a = m_arch;
        const auto& blocks = m_family.names.moeBlocks;
        auto block = base + std::string(blocks.front()) + ".";
        for (const auto& other : blocks) {
            if (m_table.has(base + std::string(other) + ".gate.weight"))
                block = base + std::string(other) + ".";
        }
        ES_TRY(take(l.router, block + "gate.weight", {a.router.numExperts, a.hiddenSize}));
        if (a.router.hasBias)
            ES_TRY(take(l.routerBias, block + "gate.bias", {a.router.numExperts}));
        // The reference renames parts independently, so a file may mix spellings.
        for (const auto& other : blocks) {
            const auto experts = base + std::string(other) + ".experts.";
            if (m_table.has(experts + "gate_up_proj") || m_table.has(experts + "down_proj"))
                ES_TRY(fusedExperts(l, experts));
        }
        if (l.experts.empty())
            ES_TRY(separateExperts(l, block + "experts."));
        if (a.sharedGated) {
            const auto shared = block + "shared_expert.";
            // Of width 0 they are in the file, and add nothing.
            MlpSource unused;
            ES_TRY(takeMlp(a.sharedIntermediate > 0 ? l.shared : unused, shared, a.sharedIntermediate));
            ES_TRY(take(l.sharedGate, block + "shared_expert_gate.weight", {1, a.hiddenSize}));
        }
        return {};
    }

    Expected<void> separateExperts(LayerSource& l, const std::string& base)
    {
        const auto& a = m_arch;
        const auto& names = m_family.names;
        const auto tensor = [&](std::int64_t e, std::string_view leaf) {
            return base + std::to_string(e) + "." + std::string(leaf) + ".weight";
        };
        for (std::int64_t e = 0; e < a.router.numExperts; ++e) {
            MlpSource expert;
            ES_TRY(take(expert.gate, tensor(e, names.expertGate), {a.expertIntermediate, a.hiddenSize}));
            ES_TRY(take(expert.up, tensor(e, names.expertUp), {a.expertIntermediate, a.hiddenSize}));
            ES_TRY(take(expert.down, tensor(e, names.expertDown), {a.hiddenSize, a.expertIntermediate}));
            l.experts.push_back(std::move(expert));
        }
        return {};
    }

    Expected<void> fusedExperts(LayerSource& l, const std::string& base)
    {
        const auto& a = m_arch;
        const auto e = a.router.numExperts, i = a.expertIntermediate, h = a.hiddenSize;
        TensorSource gateUp, down;
        ES_TRY(takeFused(gateUp, base + "gate_up_proj", {e, 2 * i, h}, {e, h, 2 * i}));
        ES_TRY(takeFused(down, base + "down_proj", {e, h, i}, {e, i, h}));
        for (std::int64_t x = 0; x < e; ++x) {
            MlpSource expert;
            expert.gate = slice(gateUp, 2 * x * i, i, h);
            expert.up = slice(gateUp, (2 * x + 1) * i, i, h);
            expert.down = slice(down, x * h, h, i);
            l.experts.push_back(std::move(expert));
        }
        return {};
    }

    /// The layout is told from the shape; of the two the reference loads the first for these families and refuses the
    /// other, which is how other families (llama4, qwen3_vl_moe) store theirs.
    Expected<void> takeFused(TensorSource& into, const std::string& name, const std::vector<std::int64_t>& shape,
        const std::vector<std::int64_t>& transposed)
    {
        ES_ASSIGN(into, m_table.takeAnyShape(name));
        if (into.shape != shape && into.shape == transposed) {
            return fail("holds its experts transposed, " + m_arch.modelType + " has them [experts, out, in]",
                m_table.place(name), "save the checkpoint again with the reference library");
        }
        ES_ASSIGN(into, m_table.take(name, shape));
        return {};
    }

    /// Rows [row, row + rows) of a fused tensor seen as a matrix with `columns` columns.
    static TensorSource slice(const TensorSource& fused, std::int64_t row, std::int64_t rows, std::int64_t columns)
    {
        auto part = fused;
        part.shape = {rows, columns};
        part.offset += static_cast<std::uint64_t>(row * columns) * elementBits(fused.type) / 8;
        return part;
    }

    WeightTable& m_table;
    const ArchSpec& m_arch;
    const Family& m_family;
    std::string m_prefix;
};

/// Rotary frequencies that old versions saved; the reference recomputes them and ignores these.
bool isHarmless(const std::string& name)
{
    return name.ends_with("rotary_emb.inv_freq");
}

/// Of reward models and classifiers: they read the last layer's output, no router sees them.
bool isScoreHead(const std::string& name)
{
    return name.starts_with("score.") || name.starts_with("v_head.");
}

/// Takes out of `unused` what may be left out, and says so.
void leaveOut(const WeightTable& table, std::vector<std::string>& unused, std::vector<std::string>& notes)
{
    std::erase_if(unused, isHarmless);
    const auto take = [&](const char* why, const auto& test) {
        std::string first;
        const auto count = std::erase_if(unused, [&](const std::string& name) {
            const bool is = test(name);
            if (is && first.empty())
                first = name;
            return is;
        });
        if (count > 0)
            notes.push_back("tensor '" + first + "'" + (count > 1 ? " and " + std::to_string(count - 1) + " more" : "")
                + " left out: " + why);
    };
    take("no elements", [&](const std::string& name) { return table.isEmpty(name); });
    take("a head that scores texts, behind the last router", isScoreHead);
}

}

Expected<ModelSource> resolveWeights(
    WeightTable& table, const ArchSpec& arch, const std::string& folder, std::vector<std::string>& notes)
{
    const auto* family = findFamily(arch.modelType);
    assert(family);
    auto model = Resolver(table, arch, *family).model();
    if (!model) {
        auto error = std::move(model).error();
        error.where = folder + ": " + error.where;
        return tl::unexpected(std::move(error));
    }
    auto unused = table.unused();
    leaveOut(table, unused, notes);
    if (!unused.empty()) {
        const auto more =
            unused.size() > 1 ? " (nor are " + std::to_string(unused.size() - 1) + " more)" : std::string();
        return fail("is no part of the " + arch.modelType + " model this config describes" + more,
            folder + ": " + table.place(unused.front()));
    }
    return model;
}

}
