// SPDX-License-Identifier: GPL-3.0-or-later
//
// fp32 on the CPU: each step of a layer is one pass over tiles of tokens (or experts, or heads), with everything
// between two matrix products done while the tile is in the cache. Matrix products are LibTorch's (MKL), one thread
// each: the tiles are the parallelism. What a token gets does not depend on the number of threads.
#include "io/backend/cpu_kernels.h"
#include "io/backend/engine.h"
#include "io/backend/router.h"
#include "io/backend/thread_pool.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace expertscope {

namespace {

/// What every piece of work on a tile begins with. A pool's thread must be told that operators take one thread, or the
/// matrix products start a team of their own, whose size, and with it the rounding, depends on how busy the machine is.
struct OnTile
{
    OnTile()
    {
        static thread_local const bool told = (at::init_num_threads(), true);
        static_cast<void>(told);
    }
    const c10::InferenceMode inference;
};

constexpr std::int64_t kTile = 512; // tokens
constexpr std::int64_t kQueryBlock = 512; // queries of one attention item
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

float* data(const at::Tensor& t)
{
    return t.data_ptr<float>();
}

/// Grows and never shrinks; contents are not kept.
at::Tensor& grown(at::Tensor& t, std::int64_t rows, std::int64_t columns)
{
    if (!t.defined() || t.size(0) < rows || t.size(1) != columns)
        t = at::empty({rows, columns}, at::kFloat);
    return t;
}

class CpuEngine final : public Engine
{
public:
    explicit CpuEngine(const EngineSetup& setup)
        : m(setup)
        , m_kernel(cpu::kernels())
        , m_hidden(setup.arch.hiddenSize)
        , m_qWidth(setup.arch.numHeads * setup.arch.headDim)
        , m_kvWidth(setup.arch.numKvHeads * setup.arch.headDim)
        , m_rope(setup.arch.rope, setup.arch.headDim)
        , m_scratch(static_cast<std::size_t>(setup.pool.size()))
    {
    }

    void begin(const PackedBatch& batch) override
    {
        m_batch = &batch;
        m_tokens = static_cast<std::int64_t>(batch.tokenIds.size());
        m_offsets.assign(1, 0);
        m_position.clear();
        m_sequenceOf.clear();
        for (std::size_t s = 0; s < batch.lengths.size(); ++s) {
            m_offsets.push_back(m_offsets.back() + batch.lengths[s]);
            for (std::uint32_t p = 0; p < batch.lengths[s]; ++p) {
                m_position.push_back(p);
                m_sequenceOf.push_back(static_cast<std::uint32_t>(s));
            }
        }
        m_rope.prepare(batch.lengths);
        m_tables.clear();
        for (const auto length : batch.lengths)
            m_tables.push_back(&m_rope.forLength(length));

        grown(m_h, m_tokens, m_hidden);
        grown(m_x, m_tokens, m_hidden);
        grown(m_qkv, m_tokens, m_qWidth + 2 * m_kvWidth);
        grown(m_attended, m_tokens, m_qWidth);
        const float* table = data(m.weights.embedding);
        for (std::int64_t t = 0; t < m_tokens; ++t)
            std::memcpy(row(m_h, t), table + batch.tokenIds[static_cast<std::size_t>(t)] * m_hidden, bytes(m_hidden));

        BatchRouting& out = m_out;
        const auto n = static_cast<std::size_t>(m_tokens), sites = std::size_t{m.numSites};
        out.numTokens = static_cast<std::uint32_t>(m_tokens);
        out.expertIds.assign(n * sites * m.numSlots, kNoExpert);
        out.weights.assign(n * sites * m.numSlots, kNaN);
        out.entropy.resize(m.entropy ? n * sites : 0);
        out.margin.resize(m.margin ? n * sites : 0);
        out.logits.assign(m.logits ? n * sites * m.maxExperts : 0, kNaN);
        out.loss.clear();
        out.predictedIds.clear();
        out.hidden.clear();
    }

    void attend(const LayerSpec& layer, const LayerWeights& w) override
    {
        const std::int64_t width = m_qWidth + 2 * m_kvWidth;
        const at::Tensor qkvT = w.qkv.t(), oT = w.o.t();
        overTiles(m_tokens, [&](std::int64_t first, std::int64_t n, int) {
            normalise(w.inputNorm, first, n);
            at::Tensor out = m_qkv.narrow(0, first, n);
            at::mm_out(out, m_x.narrow(0, first, n), qkvT);
            for (std::int64_t t = first; t < first + n; ++t)
                shapeQkv(w, t, row(m_qkv, t), width);
        });

        // One item a block of queries of a sequence and key head.
        m_attentionItems.clear();
        for (std::size_t s = 0; s < m_batch->lengths.size(); ++s) {
            const std::int64_t length = m_batch->lengths[s];
            for (std::int64_t q = 0; q < length; q += kQueryBlock) {
                for (std::int64_t head = 0; head < m.arch.numKvHeads; ++head)
                    m_attentionItems.push_back(
                        {static_cast<std::int64_t>(s), q, std::min(length, q + kQueryBlock), head});
            }
        }
        const std::int64_t d = m.arch.headDim, group = m.arch.numHeads / m.arch.numKvHeads;
        m.pool.run(static_cast<std::int64_t>(m_attentionItems.size()), [&](std::int64_t i, int worker) {
            const AttentionItem& item = m_attentionItems[static_cast<std::size_t>(i)];
            const std::int64_t start = m_offsets[static_cast<std::size_t>(item.sequence)];
            cpu::AttentionTask task;
            task.q = row(m_qkv, start) + item.head * group * d;
            task.k = row(m_qkv, start) + m_qWidth + item.head * d;
            task.v = task.k + m_kvWidth;
            task.out = row(m_attended, start) + item.head * group * d;
            task.rowStride = width;
            task.outRowStride = m_qWidth;
            task.headDim = d;
            task.numHeads = group;
            task.queryBegin = item.begin;
            task.queryEnd = item.end;
            task.window = layer.slidingWindow;
            task.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(d)));
            m_kernel.attention(task, scratch(worker, m_kernel.attentionScratch(item.end, d)));
        });

        overTiles(m_tokens, [&](std::int64_t first, std::int64_t n, int) {
            at::Tensor h = m_h.narrow(0, first, n);
            at::addmm_out(h, h, m_attended.narrow(0, first, n), oT);
            if (w.oBias.defined()) {
                for (std::int64_t t = first; t < first + n; ++t)
                    m_kernel.add(row(m_h, t), data(w.oBias), m_hidden);
            }
        });
    }

    void route(const LayerWeights& w, int column) override
    {
        const RouterSpec& router = m.arch.router;
        const std::int64_t numExperts = router.numExperts, k = router.topK;
        m_chosen.resize(static_cast<std::size_t>(m_tokens * k));
        m_chosenWeights.resize(static_cast<std::size_t>(m_tokens * k));
        grown(m_logits, m_tokens, numExperts);
        const at::Tensor routerT = w.router.t();
        overTiles(m_tokens, [&](std::int64_t first, std::int64_t n, int worker) {
            normalise(w.postAttentionNorm, first, n);
            at::Tensor logits = m_logits.narrow(0, first, n);
            at::mm_out(logits, m_x.narrow(0, first, n), routerT);
            if (w.routerBias.defined()) {
                for (std::int64_t t = first; t < first + n; ++t)
                    m_kernel.add(row(m_logits, t), data(w.routerBias), numExperts);
            }
            RouterOutput out;
            out.chosen = m_chosen.data() + first * k;
            out.chosenWeights = m_chosenWeights.data() + first * k;
            if (column >= 0) {
                const std::int64_t cell = first * m.numSites + column;
                out.ids = m_out.expertIds.data() + cell * m.numSlots;
                out.weights = m_out.weights.data() + cell * m.numSlots;
                out.slotStride = std::int64_t{m.numSites} * m.numSlots;
                out.entropy = m.entropy ? m_out.entropy.data() + cell : nullptr;
                out.margin = m.margin ? m_out.margin.data() + cell : nullptr;
                out.tokenStride = m.numSites;
                out.logits = m.logits ? m_out.logits.data() + cell * m.maxExperts : nullptr;
                out.logitStride = std::int64_t{m.numSites} * m.maxExperts;
            }
            routeTokens(router, row(m_logits, first), n, out, scratch(worker, 2 * numExperts));
        });
    }

    void mix(const LayerWeights& w) override
    {
        groupByExpert();
        const std::int64_t k = m.arch.router.topK, width = m.arch.expertIntermediate;
        const int activation = static_cast<int>(m.arch.activation);
        grown(m_expertOut, m_tokens * k, m_hidden);
        m.pool.run(static_cast<std::int64_t>(m_expertItems.size()), [&](std::int64_t i, int worker) {
            const OnTile guard;
            const ExpertItem& item = m_expertItems[static_cast<std::size_t>(i)];
            const std::int64_t n = item.count;
            Scratch& s = m_scratch[static_cast<std::size_t>(worker)];
            grown(s.gathered, kTile, m_hidden);
            grown(s.inner, kTile, 2 * width);
            for (std::int64_t r = 0; r < n; ++r)
                std::memcpy(row(s.gathered, r), row(m_x, m_sortedTokens[static_cast<std::size_t>(item.first + r)]),
                    bytes(m_hidden));
            at::Tensor inner = s.inner.narrow(0, 0, n);
            at::mm_out(inner, s.gathered.narrow(0, 0, n), w.experts.gateUp.select(0, item.expert).t());
            for (std::int64_t r = 0; r < n; ++r)
                m_kernel.gated(activation, row(s.inner, r), row(s.inner, r), width);
            at::Tensor out = m_expertOut.narrow(0, item.first, n);
            at::mm_out(out, inner.narrow(1, 0, width), w.experts.down.select(0, item.expert).t());
        });

        overTiles(m_tokens, [&](std::int64_t first, std::int64_t n, int worker) {
            Scratch& s = m_scratch[static_cast<std::size_t>(worker)];
            if (w.shared.gateUp.defined())
                plainMlp(w.shared, first, n, s);
            float* sum = scratch(worker, m_hidden);
            for (std::int64_t t = first; t < first + n; ++t) {
                for (std::int64_t slot = 0; slot < k; ++slot) {
                    const auto at = static_cast<std::size_t>(t * k + slot);
                    const float* y = row(m_expertOut, m_sortedPlace[at]);
                    if (slot == 0)
                        m_kernel.scale(sum, y, m_chosenWeights[at], m_hidden);
                    else
                        m_kernel.addScaled(sum, y, m_chosenWeights[at], m_hidden);
                }
                if (w.shared.gateUp.defined()) {
                    float gate = 1;
                    if (w.sharedGate.defined())
                        gate = 1.0f / (1.0f + std::exp(-m_kernel.dot(row(m_x, t), data(w.sharedGate), m_hidden)));
                    m_kernel.addScaled(sum, row(s.gathered, t - first), gate, m_hidden);
                }
                m_kernel.add(row(m_h, t), sum, m_hidden);
            }
        });
    }

    void dense(const LayerWeights& w) override
    {
        overTiles(m_tokens, [&](std::int64_t first, std::int64_t n, int worker) {
            normalise(w.postAttentionNorm, first, n);
            Scratch& s = m_scratch[static_cast<std::size_t>(worker)];
            plainMlp(w.dense, first, n, s);
            for (std::int64_t t = first; t < first + n; ++t)
                m_kernel.add(row(m_h, t), row(s.gathered, t - first), m_hidden);
        });
    }

    void hidden() override { m_out.hidden.assign(data(m_h), data(m_h) + m_tokens * m_hidden); }

    void loss() override
    {
        m_out.loss.assign(static_cast<std::size_t>(m_tokens), kNaN);
        m_out.predictedIds.resize(static_cast<std::size_t>(m_tokens));
        const std::int64_t vocabulary = m.weights.lmHead.size(0);
        const std::int64_t tile =
            std::clamp<std::int64_t>((4 << 20) / vocabulary, 1, kTile); // 16 MiB of logits a thread
        const at::Tensor headT = m.weights.lmHead.t();
        const std::int64_t tiles = (m_tokens + tile - 1) / tile;
        m.pool.run(tiles, [&](std::int64_t i, int worker) {
            const OnTile guard;
            const std::int64_t first = i * tile, n = std::min(tile, m_tokens - first);
            Scratch& s = m_scratch[static_cast<std::size_t>(worker)];
            grown(s.vocabulary, tile, vocabulary);
            normalise(m.weights.finalNorm, first, n);
            at::Tensor logits = s.vocabulary.narrow(0, 0, n);
            at::mm_out(logits, m_x.narrow(0, first, n), headT);
            for (std::int64_t t = first; t < first + n; ++t) {
                float* l = row(s.vocabulary, t - first);
                const float* const likeliest = std::max_element(l, l + vocabulary);
                m_out.predictedIds[static_cast<std::size_t>(t)] = static_cast<std::int32_t>(likeliest - l);
                if (t + 1 >= m_tokens
                    || m_sequenceOf[static_cast<std::size_t>(t + 1)] != m_sequenceOf[static_cast<std::size_t>(t)])
                    continue;
                const float target = l[m_batch->tokenIds[static_cast<std::size_t>(t + 1)]];
                const float top = *likeliest;
                m_out.loss[static_cast<std::size_t>(t)] =
                    std::log(m_kernel.expShifted(l, top, l, vocabulary)) + top - target;
            }
        });
    }

    void finish() override
    {
        m_ready.push_back(std::move(m_out));
        m_out = {};
        if (!m_spare.empty()) {
            m_out = std::move(m_spare.back());
            m_spare.pop_back();
        }
    }

    void collect(BatchRouting& out) override
    {
        std::swap(out, m_ready.front());
        m_spare.push_back(std::move(m_ready.front()));
        m_ready.erase(m_ready.begin());
    }

    std::string expertPath() const override { return std::string("per-expert mm, fused ") + m_kernel.name; }
    std::string attentionPath() const override { return std::string("fused ") + m_kernel.name; }

private:
    struct Scratch
    {
        std::vector<float> small;
        at::Tensor gathered, inner, vocabulary;
    };
    struct AttentionItem
    {
        std::int64_t sequence, begin, end, head;
    };
    struct ExpertItem
    {
        std::int64_t expert, first, count; // rows of the sorted order
    };

    static std::size_t bytes(std::int64_t floats) { return static_cast<std::size_t>(floats) * sizeof(float); }
    static float* row(const at::Tensor& t, std::int64_t r) { return data(t) + r * t.stride(0); }

    float* scratch(int worker, std::int64_t floats)
    {
        auto& s = m_scratch[static_cast<std::size_t>(worker)].small;
        if (s.size() < static_cast<std::size_t>(floats))
            s.resize(static_cast<std::size_t>(floats));
        return s.data();
    }

    template <class Function> void overTiles(std::int64_t tokens, const Function& function)
    {
        m.pool.run((tokens + kTile - 1) / kTile, [&](std::int64_t i, int worker) {
            const OnTile guard;
            function(i * kTile, std::min(kTile, tokens - i * kTile), worker);
        });
    }

    void normalise(const at::Tensor& weight, std::int64_t first, std::int64_t n)
    {
        for (std::int64_t t = first; t < first + n; ++t)
            m_kernel.rmsNorm(row(m_h, t), data(weight), static_cast<float>(m.arch.normEpsilon), row(m_x, t), m_hidden);
    }

    /// Bias, qk-norm, clipping and rotation of one token's projections.
    void shapeQkv(const LayerWeights& w, std::int64_t token, float* qkv, std::int64_t width)
    {
        const std::int64_t d = m.arch.headDim;
        const auto eps = static_cast<float>(m.arch.normEpsilon);
        if (w.qkvBias.defined())
            m_kernel.add(qkv, data(w.qkvBias), width);
        if (m.arch.qkNorm == QkNorm::FullWidth) {
            m_kernel.rmsNorm(qkv, data(w.qNorm), eps, qkv, m_qWidth);
            m_kernel.rmsNorm(qkv + m_qWidth, data(w.kNorm), eps, qkv + m_qWidth, m_kvWidth);
        } else if (m.arch.qkNorm == QkNorm::PerHead) {
            for (std::int64_t c = 0; c < m_qWidth; c += d)
                m_kernel.rmsNorm(qkv + c, data(w.qNorm), eps, qkv + c, d);
            for (std::int64_t c = m_qWidth; c < m_qWidth + m_kvWidth; c += d)
                m_kernel.rmsNorm(qkv + c, data(w.kNorm), eps, qkv + c, d);
        }
        if (m.arch.clipQkv)
            m_kernel.clip(qkv, static_cast<float>(*m.arch.clipQkv), width);
        const auto& table = *m_tables[m_sequenceOf[static_cast<std::size_t>(token)]];
        const std::int64_t half = table.cosine.size(1), position = m_position[static_cast<std::size_t>(token)];
        const float* cosine = data(table.cosine) + position * half;
        const float* sine = data(table.sine) + position * half;
        for (std::int64_t c = 0; c < m_qWidth + m_kvWidth; c += d)
            m_kernel.rotate(qkv + c, cosine, sine, half);
    }

    /// s.gathered[0..n) = mlp(x[first..first + n))
    void plainMlp(const MlpWeights& w, std::int64_t first, std::int64_t n, Scratch& s)
    {
        const std::int64_t width = w.down.size(1);
        grown(s.gathered, kTile, m_hidden);
        grown(s.inner, kTile, 2 * width);
        at::Tensor inner = s.inner.narrow(0, 0, n);
        at::mm_out(inner, m_x.narrow(0, first, n), w.gateUp.t());
        for (std::int64_t r = 0; r < n; ++r)
            m_kernel.gated(static_cast<int>(m.arch.activation), row(s.inner, r), row(s.inner, r), width);
        at::Tensor out = s.gathered.narrow(0, 0, n);
        at::mm_out(out, inner.narrow(1, 0, width), w.down.t());
    }

    /// Counting sort of all (token, slot) by expert, and the tiles of it.
    void groupByExpert()
    {
        const std::int64_t numExperts = m.arch.router.numExperts, k = m.arch.router.topK;
        m_counts.assign(static_cast<std::size_t>(numExperts) + 1, 0);
        for (const auto e : m_chosen)
            ++m_counts[static_cast<std::size_t>(e) + 1];
        for (std::size_t e = 1; e < m_counts.size(); ++e)
            m_counts[e] += m_counts[e - 1];
        m_expertItems.clear();
        for (std::int64_t e = 0; e < numExperts; ++e) {
            const std::int64_t end = m_counts[static_cast<std::size_t>(e) + 1];
            for (std::int64_t first = m_counts[static_cast<std::size_t>(e)]; first < end; first += kTile)
                m_expertItems.push_back({e, first, std::min(kTile, end - first)});
        }
        m_sortedTokens.resize(m_chosen.size());
        m_sortedPlace.resize(m_chosen.size());
        for (std::size_t i = 0; i < m_chosen.size(); ++i) {
            const std::int64_t place = m_counts[static_cast<std::size_t>(m_chosen[i])]++;
            m_sortedPlace[i] = place;
            m_sortedTokens[static_cast<std::size_t>(place)] = static_cast<std::int64_t>(i) / k;
        }
    }

    const EngineSetup m;
    const cpu::KernelTable& m_kernel;
    const std::int64_t m_hidden, m_qWidth, m_kvWidth;
    RopeTables m_rope;
    std::vector<Scratch> m_scratch;

    const PackedBatch* m_batch = nullptr;
    std::int64_t m_tokens = 0;
    std::vector<std::int64_t> m_offsets, m_position;
    std::vector<std::uint32_t> m_sequenceOf;
    std::vector<const RopeTables::Table*> m_tables;
    at::Tensor m_h, m_x, m_qkv, m_attended, m_logits, m_expertOut;
    std::vector<AttentionItem> m_attentionItems;
    std::vector<ExpertItem> m_expertItems;
    std::vector<std::int32_t> m_chosen;
    std::vector<float> m_chosenWeights;
    std::vector<std::int64_t> m_counts, m_sortedTokens, m_sortedPlace;
    BatchRouting m_out;
    std::vector<BatchRouting> m_ready, m_spare;
};

}

std::unique_ptr<Engine> makeCpuEngine(const EngineSetup& setup)
{
    return std::make_unique<CpuEngine>(setup);
}

}
