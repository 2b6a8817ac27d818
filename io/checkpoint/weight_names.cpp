// SPDX-License-Identifier: GPL-3.0-or-later
//
// From tensor names to roles. The two spellings are those of transformers 5 (conversion_mapping.py): files keep one
// tensor an expert and projection; its memory, and files saved with save_original_format=False, hold
// experts.gate_up_proj [E, 2I, H] (gate rows first) and experts.down_proj [E, H, I].
#include "io/checkpoint/family.h"
#include "io/checkpoint/mixer_weights.h"
#include "io/checkpoint/weight_table.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace expertscope {

namespace {

class Resolver : WeightTaker
{
public:
    Resolver(WeightTable& table, const ArchSpec& arch, const Family& family)
        : WeightTaker(table)
        , m_arch(arch)
        , m_family(family)
    {
    }

    Expected<ModelSource> model()
    {
        const auto& a = m_arch;
        ModelSource m;
        const std::string bare = "embed_tokens.weight", head = "lm_head.weight";
        const std::string norm(m_family.names.finalNorm);
        m_prefix = prefixOf(bare);
        if (m_table.has(head))
            ES_TRY(take(m.lmHead, head, {a.vocabSize, a.hiddenSize}));
        if (a.tiedEmbeddings && m.lmHead.present() && !m_table.has(m_prefix + bare)) {
            m.embedding = m.lmHead; // the reference ties to whichever of the two exists
            m_prefix = prefixOf(norm + ".weight");
        } else {
            ES_TRY(take(m.embedding, m_prefix + bare, {a.vocabSize, a.hiddenSize}));
        }
        // Where both exist the reference uses both, whatever tie_word_embeddings says.
        if (a.tiedEmbeddings && !m.lmHead.present())
            m.lmHead = m.embedding;
        ES_TRY(takeNorm(m.finalNorm, m.finalNormBias, m_prefix + norm));
        if (a.headBias && m.lmHead.present())
            ES_TRY(take(m.headBias, "lm_head.bias", {a.vocabSize}));
        for (std::size_t i = 0; i < a.layers.size(); ++i) {
            ES_ASSIGN(auto l, layer(i));
            m.layers.push_back(std::move(l));
        }
        return m;
    }

private:
    /// The first of the family's beginnings under which `name` is there, none where it is there without, else the first.
    std::string prefixOf(const std::string& name) const
    {
        for (const auto prefix : m_family.names.prefixes) {
            if (m_table.has(std::string(prefix) + name))
                return std::string(prefix);
        }
        return m_table.has(name) ? "" : std::string(m_family.names.prefixes.front());
    }

    Expected<void> takeNorm(TensorSource& weight, TensorSource& bias, const std::string& module)
    {
        ES_TRY(take(weight, module + ".weight", {m_arch.hiddenSize}));
        if (m_arch.normKind == NormKind::LayerNorm)
            ES_TRY(take(bias, module + ".bias", {m_arch.hiddenSize}));
        return {};
    }

    Expected<void> takeMlp(MlpSource& into, const std::string& base, std::int64_t width,
        std::string_view gate = "gate_proj", std::string_view up = "up_proj", std::string_view down = "down_proj")
    {
        const auto hidden = m_arch.hiddenSize;
        const bool biased = m_arch.mlpBias;
        ES_TRY(takeLinear(into.gate, into.gateBias, biased, base + std::string(gate), width, hidden));
        ES_TRY(takeLinear(into.up, into.upBias, biased, base + std::string(up), width, hidden));
        return takeLinear(into.down, into.downBias, biased, base + std::string(down), hidden, width);
    }

    /// The first of these names that is there, else the first.
    std::string spelt(const std::string& base, const WeightNames::Spellings& spellings, const char* leaf = "") const
    {
        for (const auto name : spellings) {
            if (m_table.has(base + std::string(name) + leaf))
                return base + std::string(name) + leaf;
        }
        return base + std::string(spellings.front()) + leaf;
    }

    Expected<LayerSource> layer(std::size_t index)
    {
        const auto& a = m_arch;
        const auto base = m_prefix + "layers." + std::to_string(index) + ".";
        LayerSource l;
        ES_TRY(takeNorm(l.attentionNorm, l.attentionNormBias, base + std::string(m_family.names.attentionNorm)));
        ES_TRY(takeNorm(l.mlpNorm, l.mlpNormBias, base + std::string(m_family.names.mlpNorm)));
        ES_TRY(resolveMixer(m_table, a, m_family.names, a.layers[index].mixer, base, l));
        if (a.layers[index].moe)
            ES_TRY(moe(l, base));
        else
            ES_TRY(dense(l, base, a.layers[index].denseIntermediate));
        return l;
    }

    Expected<void> dense(LayerSource& l, const std::string& base, std::int64_t width)
    {
        const auto& names = m_family.names;
        std::string at = base + std::string(names.dense.front()) + ".";
        for (const auto name : names.dense) {
            const auto other = base + std::string(name) + ".";
            const bool used = std::ranges::any_of(std::array{names.denseGate, names.denseUp, names.denseDown},
                [&](std::string_view leaf) { return m_table.has(other + std::string(leaf) + ".weight"); });
            at = used ? other : at;
        }
        return takeMlp(l.dense, at, width, names.denseGate, names.denseUp, names.denseDown);
    }

    Expected<void> moe(LayerSource& l, const std::string& base)
    {
        const auto& a = m_arch;
        const auto& names = m_family.names;
        auto block = base + std::string(names.moeBlocks.front()) + ".";
        for (const auto& other : names.moeBlocks) {
            if (m_table.has(spelt(base + std::string(other) + ".", names.router, ".weight")))
                block = base + std::string(other) + ".";
        }
        ES_TRY(take(l.router, spelt(block, names.router, ".weight"), {a.router.numExperts, a.hiddenSize}));
        if (a.router.hasBias)
            ES_TRY(take(l.routerBias, spelt(block, names.router, ".bias"), {a.router.numExperts}));
        if (a.router.selectionBias)
            ES_TRY(selectionBias(l, base));
        // The reference renames parts independently, so a file may mix spellings.
        for (const auto& other : names.moeBlocks) {
            const auto at = base + std::string(other) + ".";
            if (l.experts.empty()
                && (m_table.has(spelt(at, names.fusedGateUp)) || m_table.has(spelt(at, names.fusedDown))
                    || m_table.has(at + "experts.gate_up_proj_blocks"))) {
                ES_TRY(names.interleavedExperts ? interleavedExperts(l, at + "experts.")
                                                : fusedExperts(l, spelt(at, names.fusedGateUp), spelt(at, names.fusedDown)));
            }
        }
        if (l.experts.empty() && names.interleavedExperts)
            return fail("is missing", m_table.place(spelt(block, names.fusedGateUp)));
        if (l.experts.empty())
            ES_TRY(separateExperts(l, block + "experts."));
        return shared(l, base, block);
    }

    /// In the block or in its parts, [E] or [1, E].
    Expected<void> selectionBias(LayerSource& l, const std::string& base)
    {
        const auto& names = m_family.names;
        std::string name = base + std::string(names.moeBlocks.front()) + "." + std::string(names.selectionBias.front());
        for (const auto& block : names.moeBlocks) {
            if (const auto other = spelt(base + std::string(block) + ".", names.selectionBias); m_table.has(other))
                name = other;
        }
        ES_ASSIGN(auto any, m_table.takeAnyShape(name));
        if (any.shape == std::vector<std::int64_t>{1, m_arch.router.numExperts})
            any.shape = {m_arch.router.numExperts};
        else if (any.shape != std::vector<std::int64_t>{m_arch.router.numExperts})
            return take(l.selectionBias, name, {m_arch.router.numExperts}); // says what is wrong with it
        l.selectionBias = std::move(any);
        return {};
    }

    Expected<void> shared(LayerSource& l, const std::string& base, const std::string& block)
    {
        const auto& a = m_arch;
        const auto width = a.sharedIntermediate;
        const auto name = m_family.names.shared;
        const auto at = name.starts_with('.') ? base + std::string(name.substr(1)) : block + std::string(name);
        if (a.sharedGated) {
            // Of width 0 they are in the file, and add nothing.
            MlpSource unused;
            ES_TRY(takeMlp(width > 0 ? l.shared : unused, at + ".", width));
            return take(l.sharedGate, at + "_gate.weight", {1, a.hiddenSize});
        }
        if (width == 0)
            return {};
        if (!m_family.names.sharedFused)
            return takeMlp(l.shared, at + ".", width);
        TensorSource both;
        ES_TRY(take(both, at + ".input_linear.weight", {2 * width, a.hiddenSize}));
        l.shared.gate = slice(both, 0, width, a.hiddenSize);
        l.shared.up = slice(both, width, width, a.hiddenSize);
        return take(l.shared.down, at + ".output_linear.weight", {a.hiddenSize, width});
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

    Expected<void> fusedExperts(LayerSource& l, const std::string& gateUpName, const std::string& downName)
    {
        const auto& a = m_arch;
        const auto e = a.router.numExperts, i = a.expertIntermediate, h = a.hiddenSize;
        TensorSource gateUp, down;
        ES_TRY(takeFused(gateUp, gateUpName, {e, 2 * i, h}, {e, h, 2 * i}));
        ES_TRY(takeFused(down, downName, {e, h, i}, {e, i, h}));
        for (std::int64_t x = 0; x < e; ++x) {
            MlpSource expert;
            expert.gate = slice(gateUp, 2 * x * i, i, h);
            expert.up = slice(gateUp, (2 * x + 1) * i, i, h);
            expert.down = slice(down, x * h, h, i);
            l.experts.push_back(std::move(expert));
        }
        return {};
    }

    /// gpt_oss: gate_up_proj [E, H, 2I] whose columns alternate, down_proj [E, I, H], both with a bias.
    Expected<void> interleavedExperts(LayerSource& l, const std::string& base)
    {
        const auto& a = m_arch;
        const auto e = a.router.numExperts, i = a.expertIntermediate, h = a.hiddenSize;
        TensorSource gateUp, gateUpBias, down, downBias;
        if (m_table.quantisation() && m_table.has(base + "gate_up_proj_blocks"))
            return blockedExperts(l, base);
        ES_TRY(take(gateUp, base + "gate_up_proj", {e, h, 2 * i}));
        ES_TRY(take(gateUpBias, base + "gate_up_proj_bias", {e, 2 * i}));
        ES_TRY(take(down, base + "down_proj", {e, i, h}));
        ES_TRY(take(downBias, base + "down_proj_bias", {e, h}));
        gateUp.transposed = down.transposed = true;
        gateUp.interleaved = gateUpBias.interleaved = true;
        for (std::int64_t x = 0; x < e; ++x) {
            MlpSource expert;
            expert.gateUp = slice(gateUp, x * h, h, 2 * i);
            expert.gateUpBias = slice(gateUpBias, x, 1, 2 * i);
            expert.down = slice(down, x * i, i, h);
            expert.downBias = slice(downBias, x, 1, h);
            expert.gateUpBias.shape = {2 * i};
            expert.downBias.shape = {h};
            l.experts.push_back(std::move(expert));
        }
        return {};
    }

    /// … as blocks of four-bit numbers, [E, out, in / 32, 16 bytes], with a scale a block.
    Expected<void> blockedExperts(LayerSource& l, const std::string& base)
    {
        const auto& a = m_arch;
        const auto e = a.router.numExperts, i = a.expertIntermediate, h = a.hiddenSize;
        if (m_table.quantisation()->form != StoredForm::Mxfp4)
            return fail("is mxfp4, quantization_config says another form", m_table.place(base + "gate_up_proj_blocks"));
        struct Blocks
        {
            TensorSource values, scales, bias;
        };
        const auto takeBlocks = [&](Blocks& blocks, const std::string& name, std::int64_t out,
                                    std::int64_t in) -> Expected<void> {
            ES_ASSIGN(blocks.values, m_table.takeRaw(name + "_blocks", {ElementType::U8}, {{e, out, in / 32, 16}}));
            ES_ASSIGN(blocks.scales, m_table.takeRaw(name + "_scales", {ElementType::U8}, {{e, out, in / 32}}));
            return take(blocks.bias, name + "_bias", {e, out});
        };
        const auto expertOf = [&](const Blocks& blocks, std::int64_t x, std::int64_t out, std::int64_t in) {
            auto stored = std::make_shared<StoredTensor>();
            stored->how = *m_table.quantisation();
            stored->values = slice(blocks.values, x, 1, out * in / 2);
            stored->scales = slice(blocks.scales, x, 1, out * (in / 32));
            auto source = stored->values;
            source.type = ElementType::BF16; // holds every one of these values
            source.shape = {out, in};
            source.stored = std::move(stored);
            return source;
        };
        Blocks gateUp, down;
        ES_TRY(takeBlocks(gateUp, base + "gate_up_proj", 2 * i, h));
        ES_TRY(takeBlocks(down, base + "down_proj", h, i));
        gateUp.bias.interleaved = true;
        for (std::int64_t x = 0; x < e; ++x) {
            MlpSource expert;
            expert.gateUp = expertOf(gateUp, x, 2 * i, h);
            expert.gateUp.interleaved = true;
            expert.down = expertOf(down, x, h, i);
            expert.gateUpBias = slice(gateUp.bias, x, 1, 2 * i);
            expert.downBias = slice(down.bias, x, 1, h);
            expert.gateUpBias.shape = {2 * i};
            expert.downBias.shape = {h};
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

bool startsWithAny(const std::string& name, const WeightNames::Spellings& beginnings)
{
    return std::ranges::any_of(beginnings, [&](std::string_view beginning) { return name.starts_with(beginning); });
}

/// Takes out of `unused` what may be left out, and says so.
void leaveOut(const WeightTable& table, const ArchSpec& arch, const Family& family, std::vector<std::string>& unused,
    std::vector<std::string>& notes)
{
    const auto isNextToken = [&](const std::string& name) {
        for (std::int64_t i = 0; i < arch.nextTokenLayers; ++i) {
            const auto layer = std::to_string(static_cast<std::int64_t>(arch.layers.size()) + i) + ".";
            if (name.starts_with("model.layers." + layer) || name.starts_with("layers." + layer))
                return true;
        }
        return startsWithAny(name, family.names.leftOut);
    };
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
    take("multi-token prediction, behind the last layer", isNextToken);
    take("what sees pictures, no token of a text passes it",
        [&](const std::string& name) { return startsWithAny(name, family.names.sight); });
}

}

Expected<ModelSource> resolveWeights(
    WeightTable& table, const ArchSpec& arch, const std::string& folder, std::vector<std::string>& notes)
{
    const auto* family = findFamily(arch.family);
    assert(family);
    auto model = Resolver(table, arch, *family).model();
    if (!model) {
        auto error = std::move(model).error();
        error.where = folder + ": " + error.where;
        return tl::unexpected(std::move(error));
    }
    auto unused = table.unused();
    leaveOut(table, arch, *family, unused, notes);
    if (!unused.empty()) {
        const auto more =
            unused.size() > 1 ? " (nor are " + std::to_string(unused.size() - 1) + " more)" : std::string();
        return fail("is no part of the " + arch.modelType + " model this config describes" + more,
            folder + ": " + table.place(unused.front()));
    }
    return model;
}

}
