// SPDX-License-Identifier: GPL-3.0-or-later
//
// fp32 on the CPU: each step of a layer is one pass over tiles of tokens (or experts, or heads), with everything
// between two matrix products done while the tile is in the cache. Matrix products are LibTorch's (MKL), one thread
// each: the tiles are the parallelism. What a token gets does not depend on the number of threads.
#include "io/backend/cpu_attention.h"
#include "io/backend/cpu_mixer.h"
#include "io/backend/cpu_rows.h"
#include "io/backend/expert_order.h"
#include "io/backend/router.h"
#include "io/backend/thread_pool.h"

#include <algorithm>
#include <array>
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
constexpr float kNotComputed = std::numeric_limits<float>::quiet_NaN();

class CpuEngine final : public Engine
{
public:
    explicit CpuEngine(const EngineSetup& setup)
        : m(setup)
        , m_kernel(cpu::kernels())
        , m_hidden(setup.arch.hiddenSize)
        , m_attention(setup)
        , m_scratch(static_cast<std::size_t>(setup.pool.size()))
    {
        for (const LayerSpec& layer : setup.arch.layers) {
            auto& mixer = m_mixers[std::size_t(layer.mixer)];
            if (!mixer)
                mixer = makeCpuMixer(layer.mixer, m, m_attention);
        }
    }

    void begin(const PackedBatch& batch) override
    {
        m_batch = &batch;
        m_tokens = static_cast<std::int64_t>(batch.tokenIds.size());
        m_attention.plan(batch);
        for (const auto& mixer : m_mixers) {
            if (mixer)
                mixer->plan(batch);
        }
        grown(m_h, m_tokens, m_hidden);
        const float* table = data(m.weights.embedding);
        for (std::int64_t t = 0; t < m_tokens; ++t)
            m_kernel.scale(row(m_h, t), table + batch.tokenIds[static_cast<std::size_t>(t)] * m_hidden,
                static_cast<float>(m.arch.embeddingMultiplier), m_hidden);

        BatchRouting& out = m_out;
        const auto n = static_cast<std::size_t>(m_tokens), sites = std::size_t{m.numSites};
        out.numTokens = static_cast<std::uint32_t>(m_tokens);
        out.expertIds.assign(n * sites * m.numSlots, kNoExpert);
        out.weights.assign(n * sites * m.numSlots, kNotComputed);
        out.entropy.resize(m.entropy ? n * sites : 0);
        out.margin.resize(m.margin ? n * sites : 0);
        out.logits.assign(m.logits ? n * sites * m.maxExperts : 0, kNotComputed);
        out.loss.clear();
        out.predictedIds.clear();
        out.hidden.clear();
    }

    void attend(const LayerSpec& layer, const LayerWeights& w) override
    {
        CpuMixer& mixer = *m_mixers[std::size_t(layer.mixer)];
        const auto mixPart = [&](const Part& part) {
            mixer.begin(part);
            overTiles(part, [&](std::int64_t first, std::int64_t n, int worker) {
                mixer.project(w, layerInput(w.attentionNorm, w.attentionNormBias, first, n, worker), first, worker);
            });
            mixer.mix(layer, w);
            overTiles(part, [&](std::int64_t first, std::int64_t n, int worker) {
                addProjected(w, mixer.rows(w, first, n), first, worker);
            });
        };
        if (mixer.inParts())
            m.overParts(m_tokens, mixPart);
        else
            mixPart({0, m_tokens});
    }

    void route(const LayerWeights& w, int column, const Part& part) override
    {
        const RouterSpec& router = m.arch.router;
        const std::int64_t numExperts = router.numExperts, k = router.topK;
        m_chosen.resize(static_cast<std::size_t>(part.count * k));
        m_chosenWeights.resize(static_cast<std::size_t>(part.count * k));
        grown(m_x, part.count, m_hidden);
        grown(m_logits, part.count, numExperts);
        const at::Tensor routerT = w.router.t();
        overTiles(part, [&](std::int64_t first, std::int64_t n, int worker) {
            const std::int64_t place = first - part.first; // in what is made of this part alone
            makeInput(w.mlpNorm, w.mlpNormBias, first, n, row(m_x, place));
            at::Tensor logits = m_logits.narrow(0, place, n);
            at::mm_out(logits, m_x.narrow(0, place, n), routerT);
            if (w.routerBias.defined()) {
                for (std::int64_t t = place; t < place + n; ++t)
                    m_kernel.add(row(m_logits, t), data(w.routerBias), numExperts);
            }
            RouterOutput out;
            out.chosen = m_chosen.data() + place * k;
            out.chosenWeights = m_chosenWeights.data() + place * k;
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
            routeTokens(router, row(m_logits, place), w.selectionBias.defined() ? data(w.selectionBias) : nullptr, n, out,
                scratch(worker, 3 * numExperts));
        });
    }

    void mix(const LayerWeights& w, const Part& part) override
    {
        m_order.sort(m_chosen, m.arch.router.numExperts, m.arch.router.topK, kTile);
        const std::int64_t k = m.arch.router.topK, width = m.arch.expertIntermediate;
        grown(m_expertOut, part.count * k, m_hidden);
        m.pool.run(static_cast<std::int64_t>(m_order.items.size()), [&](std::int64_t i, int worker) {
            const OnTile guard;
            const ExpertOrder::Item& item = m_order.items[static_cast<std::size_t>(i)];
            const std::int64_t n = item.count;
            Scratch& s = m_scratch[static_cast<std::size_t>(worker)];
            grown(s.gathered, kTile, m_hidden);
            grown(s.inner, kTile, 2 * width);
            for (std::int64_t r = 0; r < n; ++r)
                std::memcpy(row(s.gathered, r), row(m_x, m_order.tokens[static_cast<std::size_t>(item.first + r)]),
                    bytes(m_hidden));
            at::Tensor inner = s.inner.narrow(0, 0, n);
            at::mm_out(inner, s.gathered.narrow(0, 0, n), w.experts.gateUp.select(0, item.expert).t());
            if (m.stopAsked()) // a large expert's tile takes a second or two
                return;
            const bool biased = w.experts.downBias.defined();
            for (std::int64_t r = 0; r < n; ++r) {
                if (biased)
                    m_kernel.add(row(s.inner, r), row(w.experts.gateUpBias, item.expert), 2 * width);
                if (const auto& glu = m.arch.clampedGlu)
                    m_kernel.gatedClamped(static_cast<float>(glu->alpha), static_cast<float>(glu->limit),
                        row(s.inner, r), row(s.inner, r), width);
                else
                    m_kernel.gated(static_cast<int>(m.arch.activation), row(s.inner, r), row(s.inner, r), width);
            }
            at::Tensor out = m_expertOut.narrow(0, item.first, n);
            at::mm_out(out, inner.narrow(1, 0, width), w.experts.down.select(0, item.expert).t());
            for (std::int64_t r = 0; biased && r < n; ++r)
                m_kernel.add(row(out, r), row(w.experts.downBias, item.expert), m_hidden);
        });

        overTiles(part, [&](std::int64_t first, std::int64_t n, int worker) {
            Scratch& s = m_scratch[static_cast<std::size_t>(worker)];
            const std::int64_t place = first - part.first;
            if (w.shared.gateUp.defined())
                plainMlp(w.shared, m_x.narrow(0, place, n), s);
            float* sum = scratch(worker, m_hidden);
            for (std::int64_t t = place; t < place + n; ++t) {
                for (std::int64_t slot = 0; slot < k; ++slot) {
                    const auto at = static_cast<std::size_t>(t * k + slot);
                    const float* y = row(m_expertOut, m_order.places[at]);
                    if (slot == 0)
                        m_kernel.scale(sum, y, m_chosenWeights[at], m_hidden);
                    else
                        m_kernel.addScaled(sum, y, m_chosenWeights[at], m_hidden);
                }
                if (w.shared.gateUp.defined()) {
                    float gate = 1;
                    if (w.sharedGate.defined())
                        gate = 1.0f / (1.0f + std::exp(-m_kernel.dot(row(m_x, t), data(w.sharedGate), m_hidden)));
                    m_kernel.addScaled(sum, row(s.gathered, t - place), gate, m_hidden);
                }
                addToStream(part.first + t, sum, w.mlpNorm, w.mlpNormBias);
            }
        });
    }

    void dense(const LayerWeights& w) override
    {
        overTiles({0, m_tokens}, [&](std::int64_t first, std::int64_t n, int worker) {
            Scratch& s = m_scratch[static_cast<std::size_t>(worker)];
            plainMlp(w.dense, layerInput(w.mlpNorm, w.mlpNormBias, first, n, worker), s);
            for (std::int64_t t = first; t < first + n; ++t)
                addToStream(t, row(s.gathered, t - first), w.mlpNorm, w.mlpNormBias);
        });
    }

    void hidden() override { m_out.hidden.assign(data(m_h), data(m_h) + m_tokens * m_hidden); }

    void loss() override
    {
        m_out.loss.assign(static_cast<std::size_t>(m_tokens), kNotComputed);
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
            at::Tensor logits = s.vocabulary.narrow(0, 0, n);
            at::Tensor& x = grown(s.x, kTile, m_hidden);
            for (std::int64_t t = 0; t < n; ++t)
                normalise(m.weights.finalNorm, m.weights.finalNormBias, row(m_h, first + t), row(x, t));
            at::mm_out(logits, x.narrow(0, 0, n), headT);
            for (std::int64_t t = first; t < first + n; ++t) {
                float* l = row(s.vocabulary, t - first);
                if (m.weights.headBias.defined())
                    m_kernel.add(l, data(m.weights.headBias), vocabulary);
                if (m.arch.logitsDivisor != 1)
                    m_kernel.scale(l, l, static_cast<float>(1 / m.arch.logitsDivisor), vocabulary);
                const float* const likeliest = std::max_element(l, l + vocabulary);
                m_out.predictedIds[static_cast<std::size_t>(t)] = static_cast<std::int32_t>(likeliest - l);
                if (m_attention.isLast(t))
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
        at::Tensor x, gathered, inner, vocabulary;
    };

    static std::size_t bytes(std::int64_t floats) { return static_cast<std::size_t>(floats) * sizeof(float); }

    float* scratch(int worker, std::int64_t floats)
    {
        auto& s = m_scratch[static_cast<std::size_t>(worker)].small;
        if (s.size() < static_cast<std::size_t>(floats))
            s.resize(static_cast<std::size_t>(floats));
        return s.data();
    }

    template <class Function> void overTiles(const Part& part, const Function& function)
    {
        m.pool.run((part.count + kTile - 1) / kTile, [&](std::int64_t i, int worker) {
            const OnTile guard;
            function(part.first + i * kTile, std::min(kTile, part.count - i * kTile), worker);
        });
    }

    /// One row; out may be x.
    void normalise(const at::Tensor& weight, const at::Tensor& bias, const float* x, float* out)
    {
        const auto eps = static_cast<float>(m.arch.normEpsilon);
        if (m.arch.normKind == NormKind::LayerNorm)
            m_kernel.layerNorm(x, data(weight), data(bias), eps, out, m_hidden);
        else
            m_kernel.rmsNorm(x, data(weight), eps, out, m_hidden);
    }
    /// x[0..n) = what a half of a layer gets of h[first..first + n): its norm, where that stands before.
    void makeInput(const at::Tensor& weight, const at::Tensor& bias, std::int64_t first, std::int64_t n, float* x)
    {
        for (std::int64_t t = 0; t < n; ++t) {
            if (m.arch.normPlace == NormPlace::Before)
                normalise(weight, bias, row(m_h, first + t), x + t * m_hidden);
            else
                std::memcpy(x + t * m_hidden, row(m_h, first + t), bytes(m_hidden));
        }
    }
    /// … in the worker's own memory: n rows of at most a tile.
    at::Tensor layerInput(
        const at::Tensor& weight, const at::Tensor& bias, std::int64_t first, std::int64_t n, int worker)
    {
        at::Tensor& x = grown(m_scratch[static_cast<std::size_t>(worker)].x, kTile, m_hidden);
        makeInput(weight, bias, first, n, data(x));
        return x.narrow(0, 0, n);
    }
    /// h[t] += what a half of a layer gives, which may change.
    void addToStream(std::int64_t t, float* x, const at::Tensor& weight, const at::Tensor& bias)
    {
        if (m.arch.normPlace == NormPlace::After)
            normalise(weight, bias, x, x);
        if (m.arch.residualMultiplier == 1)
            m_kernel.add(row(m_h, t), x, m_hidden);
        else
            m_kernel.addScaled(row(m_h, t), x, static_cast<float>(m.arch.residualMultiplier), m_hidden);
    }

    /// h[first …] += what the rows that a mixer gives are projected to.
    void addProjected(const LayerWeights& w, const at::Tensor& rows, std::int64_t first, int worker)
    {
        const std::int64_t n = rows.size(0);
        at::Tensor h = m_h.narrow(0, first, n);
        if (m.arch.normPlace == NormPlace::Before && m.arch.residualMultiplier == 1 && !w.oBias.defined()) {
            at::addmm_out(h, h, rows, w.o.t());
            return;
        }
        at::Tensor out = grown(m_scratch[static_cast<std::size_t>(worker)].gathered, kTile, m_hidden).narrow(0, 0, n);
        at::mm_out(out, rows, w.o.t());
        for (std::int64_t t = 0; t < n; ++t) {
            if (w.oBias.defined())
                m_kernel.add(row(out, t), data(w.oBias), m_hidden);
            addToStream(first + t, row(out, t), w.attentionNorm, w.attentionNormBias);
        }
    }

    /// s.gathered[0..n) = mlp(x), n rows
    void plainMlp(const MlpWeights& w, const at::Tensor& x, Scratch& s)
    {
        const std::int64_t width = w.down.size(1), n = x.size(0);
        grown(s.gathered, kTile, m_hidden);
        grown(s.inner, kTile, 2 * width);
        at::Tensor inner = s.inner.narrow(0, 0, n);
        at::mm_out(inner, x, w.gateUp.t());
        for (std::int64_t r = 0; r < n; ++r) {
            if (w.gateUpBias.defined())
                m_kernel.add(row(s.inner, r), data(w.gateUpBias), 2 * width);
            m_kernel.gated(static_cast<int>(m.arch.activation), row(s.inner, r), row(s.inner, r), width);
        }
        at::Tensor out = s.gathered.narrow(0, 0, n);
        at::mm_out(out, inner.narrow(1, 0, width), w.down.t());
        for (std::int64_t r = 0; w.downBias.defined() && r < n; ++r)
            m_kernel.add(row(out, r), data(w.downBias), m_hidden);
    }

    const EngineSetup m;
    const cpu::KernelTable& m_kernel;
    const std::int64_t m_hidden;
    CpuAttention m_attention;
    std::array<std::unique_ptr<CpuMixer>, kNumMixers> m_mixers; ///< those that the layers have
    std::vector<Scratch> m_scratch;

    const PackedBatch* m_batch = nullptr;
    std::int64_t m_tokens = 0;
    at::Tensor m_h; ///< of the whole batch
    at::Tensor m_x, m_logits, m_expertOut; ///< of a part
    ExpertOrder m_order;
    std::vector<std::int32_t> m_chosen;
    std::vector<float> m_chosenWeights;
    BatchRouting m_out;
    std::vector<BatchRouting> m_ready, m_spare;
};

}

std::unique_ptr<Engine> makeCpuEngine(const EngineSetup& setup)
{
    return std::make_unique<CpuEngine>(setup);
}

}
