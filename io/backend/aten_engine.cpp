// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any device and number type, by LibTorch's operators, in the order and with the roundings of the reference
// implementation. On the device nothing in the layer loop waits for the host where `_grouped_mm` exists; elsewhere the
// experts' row counts come to the host once a layer.
#include "io/backend/aten_layers.h"
#include "io/backend/aten_mixer.h"
#include "io/backend/aten_mlp.h"
#include "io/backend/router_aten.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <thread>

namespace expertscope {

namespace {

/// aten::_grouped_mm(self [n, K], mat2 [E, K, N], offs [E]) where this LibTorch has it (2.8 or later), by name.
class GroupedProduct
{
public:
    explicit GroupedProduct(const at::Device& device, at::ScalarType type)
    {
        if (!device.is_cuda() || type != at::kBFloat16)
            return; // elsewhere it is a loop of its own with a wait for the host
        const auto schema = c10::Dispatcher::singleton().findSchema({"aten::_grouped_mm", ""});
        if (!schema || schema->schema().arguments().size() < 3)
            return;
        const auto& arguments = schema->schema().arguments();
        if (arguments[0].name() == "self" && arguments[1].name() == "mat2" && arguments[2].name() == "offs")
            m_operator = schema;
    }
    explicit operator bool() const { return m_operator.has_value(); }

    at::Tensor operator()(const at::Tensor& rows, const at::Tensor& matrices, const at::Tensor& ends) const
    {
        torch::jit::Stack stack;
        const auto& arguments = m_operator->schema().arguments();
        stack.emplace_back(rows);
        stack.emplace_back(matrices);
        stack.emplace_back(ends);
        for (std::size_t i = 3; i < arguments.size(); ++i)
            stack.emplace_back(arguments[i].default_value().value_or(c10::IValue()));
        m_operator->callBoxed(stack);
        return stack.front().toTensor();
    }

private:
    decltype(c10::Dispatcher::singleton().findSchema({"", ""})) m_operator;
};

class AtenEngine final : public Engine
{
public:
    explicit AtenEngine(const EngineSetup& setup)
        : m(setup)
        , m_attention(setup)
        , m_grouped(setup.device, setup.type)
    {
        for (const LayerSpec& layer : setup.arch.layers) {
            auto& mixer = m_mixers[std::size_t(layer.mixer)];
            if (!mixer)
                mixer = makeAtenMixer(layer.mixer, m, m_attention);
        }
    }

    void begin(const PackedBatch& batch) override
    {
        m_tokens = static_cast<std::int64_t>(batch.tokenIds.size());
        m_lengths = batch.lengths;
        auto ids = at::from_blob(const_cast<std::int32_t*>(batch.tokenIds.data()), {m_tokens}, at::kInt).to(at::kLong);
        m_ids = ids.to(m.device);
        m_h = at::embedding(m.weights.embedding, m_ids);
        if (m.arch.embeddingMultiplier != 1)
            m_h = m_h * m.arch.embeddingMultiplier;
        m_attention.plan(m_lengths);
        for (const auto& mixer : m_mixers) {
            if (mixer)
                mixer->plan(m_lengths);
        }

        const auto options = at::TensorOptions().device(m.device);
        const std::int64_t sites = m.numSites;
        m_slab = {};
        m_slab.ids = at::full({m_tokens, sites, m.numSlots}, -1, options.dtype(at::kShort)); // the bits of kNoExpert
        m_slab.weights = nan({m_tokens, sites, m.numSlots});
        if (m.entropy)
            m_slab.entropy = nan({m_tokens, sites});
        if (m.margin)
            m_slab.margin = nan({m_tokens, sites});
        if (m.logits)
            m_slab.logits = nan({m_tokens, sites, m.maxExperts});
    }

    void attend(const LayerSpec& layer, const LayerWeights& w) override
    {
        AtenMixer& mixer = *m_mixers[std::size_t(layer.mixer)];
        const auto project = [&](const Part& part) {
            mixer.project(w, input(part, w.attentionNorm, w.attentionNormBias), part);
        };
        const auto addRows = [&](const Part& part) {
            add(part, linear(mixer.rows(w, part), w.o, w.oBias), w.attentionNorm, w.attentionNormBias);
        };
        if (mixer.inParts()) {
            m.overParts(m_tokens, [&](const Part& part) {
                project(part);
                mixer.mix(layer, w);
                addRows(part);
            });
        } else {
            m.overParts(m_tokens, project);
            mixer.mix(layer, w);
            m.overParts(m_tokens, addRows);
        }
        mixer.done();
    }

    void route(const LayerWeights& w, int column, const Part& part) override
    {
        m_x = input(part, w.mlpNorm, w.mlpNormBias);
        at::Tensor logits = at::linear(m_x.to(w.router.scalar_type()), w.router); // fp32 where the family asks for it
        if (w.routerBias.defined())
            logits = logits + w.routerBias;
        m_routed = routeTensor(m.arch.router, logits, w.selectionBias);
        if (!m.arch.router.fp32Weights)
            m_routed.weights = m_routed.weights.to(m.type).to(at::kFloat);
        if (column < 0)
            return;
        const std::int64_t k = m.arch.router.topK;
        const auto cells = [&](const at::Tensor& all) {
            return all.narrow(0, part.first, part.count).select(1, column);
        };
        cells(m_slab.ids).narrow(1, 0, k).copy_(m_routed.ids);
        cells(m_slab.weights).narrow(1, 0, k).copy_(m_routed.weights);
        if (m.entropy)
            cells(m_slab.entropy).copy_(m_routed.entropy);
        if (m.margin)
            cells(m_slab.margin).copy_(m_routed.margin);
        if (m.logits)
            cells(m_slab.logits).narrow(1, 0, m.arch.router.numExperts).copy_(logits);
    }

    void mix(const LayerWeights& w, const Part& part) override
    {
        const std::int64_t k = m.arch.router.topK, numExperts = m.arch.router.numExperts;
        const auto [sorted, order] = at::sort(m_routed.ids.view({-1}).to(at::kInt), /*stable=*/true, 0, false);
        const at::Tensor rows = m_x.index_select(0, at::floor_divide(order, k));
        const at::Tensor ends =
            at::searchsorted(sorted, at::arange(numExperts, sorted.options()), /*out_int32=*/true, /*right=*/true);
        at::Tensor out;
        if (m_grouped) {
            at::Tensor inner = m_grouped(rows, w.experts.gateUp.transpose(1, 2), ends);
            const at::Tensor experts = sorted.to(at::kLong);
            if (w.experts.gateUpBias.defined())
                inner = inner + w.experts.gateUpBias.index_select(0, experts);
            out = m_grouped(expertGated(inner), w.experts.down.transpose(1, 2), ends);
            if (w.experts.downBias.defined())
                out = out + w.experts.downBias.index_select(0, experts);
        } else {
            out = at::empty({part.count * k, m.arch.hiddenSize}, m_h.options());
            const at::Tensor host = ends.cpu();
            std::int64_t first = 0;
            for (std::int64_t e = 0; e < numExperts; ++e) {
                const std::int64_t end = host.data_ptr<std::int32_t>()[e];
                if (end == first)
                    continue;
                m.checkStop();
                at::Tensor inner = at::linear(rows.narrow(0, first, end - first), w.experts.gateUp.select(0, e));
                if (w.experts.gateUpBias.defined())
                    inner = inner + w.experts.gateUpBias.select(0, e);
                at::Tensor target = out.narrow(0, first, end - first);
                at::mm_out(target, expertGated(inner), w.experts.down.select(0, e).t());
                if (w.experts.downBias.defined())
                    target.add_(w.experts.downBias.select(0, e));
                first = end;
            }
        }
        // Back to [token, slot] and summed in slot order in fp32: no atomics, the same every time.
        const at::Tensor place =
            at::empty_like(order).index_copy_(0, order, at::arange(part.count * k, order.options()));
        const at::Tensor slots = out.index_select(0, place).view({part.count, k, m.arch.hiddenSize});
        at::Tensor sum = (slots.to(at::kFloat) * m_routed.weights.unsqueeze(-1)).sum(1);
        if (w.shared.gateUp.defined()) {
            at::Tensor shared = mlp(m.arch.activation, w.shared, m_x);
            if (w.sharedGate.defined())
                shared = at::sigmoid(at::linear(m_x, w.sharedGate.unsqueeze(0))) * shared;
            sum = sum + shared;
        }
        add(part, sum.to(m.type), w.mlpNorm, w.mlpNormBias);
    }

    void dense(const LayerWeights& w) override
    {
        m.overParts(m_tokens, [&](const Part& part) {
            add(part, mlp(m.arch.activation, w.dense, input(part, w.mlpNorm, w.mlpNormBias)), w.mlpNorm, w.mlpNormBias);
        });
    }

    void hidden() override { m_slab.hidden = m_h.to(at::kFloat); }

    void loss() override
    {
        m_slab.loss = nan({m_tokens});
        m_slab.predictedIds = at::empty({m_tokens}, m_ids.options().dtype(at::kInt));
        const std::int64_t vocabulary = m.weights.lmHead.size(0);
        const std::int64_t tile = std::max<std::int64_t>(1, (64 << 20) / vocabulary);
        for (std::int64_t first = 0; first < m_tokens; first += tile) {
            const std::int64_t n = std::min(tile, m_tokens - first), withNext = std::min(n, m_tokens - 1 - first);
            m.checkStop();
            const at::Tensor x =
                streamNorm(m.arch, m_h.narrow(0, first, n), m.weights.finalNorm, m.weights.finalNormBias);
            at::Tensor logits = at::linear(x, m.weights.lmHead);
            if (m.weights.headBias.defined())
                logits = logits + m.weights.headBias;
            logits = logits.to(at::kFloat);
            if (m.arch.logitsDivisor != 1)
                logits = logits / m.arch.logitsDivisor;
            m_slab.predictedIds.narrow(0, first, n).copy_(logits.argmax(1));
            if (withNext == 0)
                continue;
            const at::Tensor known = logits.narrow(0, 0, withNext);
            const at::Tensor target = known.gather(1, m_ids.narrow(0, first + 1, withNext).unsqueeze(1)).squeeze(1);
            m_slab.loss.narrow(0, first, withNext).copy_(at::logsumexp(known, {1}) - target);
        }
        std::vector<std::int64_t> last;
        std::int64_t end = 0;
        for (const auto length : m_lengths)
            last.push_back((end += length) - 1);
        m_slab.loss.index_fill_(0, at::tensor(last, at::kLong).to(m.device), std::numeric_limits<double>::quiet_NaN());
    }

    void finish() override
    {
        Pending pending{std::move(m_slab), {}, std::nullopt};
        pending.host = pending.device;
        if (!m.device.is_cpu()) {
            // The copy runs beside the next batch: a side stream that starts when this batch's kernels are done.
            const c10::impl::VirtualGuardImpl guard(m.device.type());
            const c10::Stream current = guard.getStream(m.device);
            const c10::Stream side = guard.getStreamFromGlobalPool(m.device, /*isHighPriority=*/true);
            c10::Event computed(m.device.type());
            computed.record(current);
            {
                const c10::StreamGuard onSide(side);
                computed.block(side);
                const auto fetch = [](at::Tensor& t) {
                    if (!t.defined())
                        return;
                    at::Tensor host = at::empty(t.sizes(), t.options().device(at::kCPU).pinned_memory(true));
                    host.copy_(t, /*non_blocking=*/true);
                    t = host;
                };
                for (at::Tensor* t : pending.host.all())
                    fetch(*t);
                pending.copied.emplace(m.device.type());
                pending.copied->record(side);
            }
        }
        m_pending.push_back(std::move(pending));
    }

    void collect(BatchRouting& out) override
    {
        Pending pending = std::move(m_pending.front());
        m_pending.erase(m_pending.begin());
        while (pending.copied && !pending.copied->query()) {
            m.checkStop();
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
        const auto copy = [](const at::Tensor& t, std::vector<float>& to) {
            if (t.defined())
                to.assign(t.data_ptr<float>(), t.data_ptr<float>() + t.numel());
            else
                to.clear();
        };
        const Slab& s = pending.host;
        out.numTokens = static_cast<std::uint32_t>(s.ids.size(0));
        const auto* ids = reinterpret_cast<const std::uint16_t*>(s.ids.data_ptr<std::int16_t>());
        out.expertIds.assign(ids, ids + s.ids.numel());
        copy(s.weights, out.weights);
        copy(s.entropy, out.entropy);
        copy(s.margin, out.margin);
        copy(s.logits, out.logits);
        copy(s.loss, out.loss);
        if (s.predictedIds.defined()) {
            const auto* predicted = s.predictedIds.data_ptr<std::int32_t>();
            out.predictedIds.assign(predicted, predicted + s.predictedIds.numel());
        } else {
            out.predictedIds.clear();
        }
        copy(s.hidden, out.hidden);
    }

    std::string expertPath() const override { return m_grouped ? "_grouped_mm" : "per-expert mm"; }
    std::string attentionPath() const override { return "sdpa, padded buckets"; }

private:
    struct Slab
    {
        at::Tensor ids, weights, entropy, margin, logits, loss, predictedIds, hidden;
        std::vector<at::Tensor*> all()
        {
            return {&ids, &weights, &entropy, &margin, &logits, &loss, &predictedIds, &hidden};
        }
    };
    struct Pending
    {
        Slab device; ///< kept alive until copied
        Slab host;
        std::optional<c10::Event> copied;
    };

    at::Tensor nan(at::IntArrayRef shape) const
    {
        return at::full(
            shape, std::numeric_limits<double>::quiet_NaN(), at::TensorOptions().dtype(at::kFloat).device(m.device));
    }

    /// What a half of a layer gets of h: its norm, where that stands before.
    at::Tensor input(const Part& part, const at::Tensor& weight, const at::Tensor& bias) const
    {
        const at::Tensor h = m_h.narrow(0, part.first, part.count);
        return m.arch.normPlace == NormPlace::Before ? streamNorm(m.arch, h, weight, bias) : h.clone();
    }

    /// h += what a half of a layer gives
    void add(const Part& part, at::Tensor rows, const at::Tensor& weight, const at::Tensor& bias)
    {
        if (m.arch.normPlace == NormPlace::After)
            rows = streamNorm(m.arch, rows, weight, bias);
        if (m.arch.residualMultiplier != 1)
            rows = rows * m.arch.residualMultiplier;
        m_h.narrow(0, part.first, part.count).add_(rows);
    }

    /// [rows, 2I] -> [rows, I]
    at::Tensor expertGated(const at::Tensor& inner) const
    {
        return m.arch.clampedGlu ? gated(*m.arch.clampedGlu, inner) : gated(m.arch.activation, inner);
    }

    const EngineSetup m;
    AtenAttention m_attention;
    std::array<std::unique_ptr<AtenMixer>, kNumMixers> m_mixers; ///< those that the layers have
    GroupedProduct m_grouped;
    std::int64_t m_tokens = 0;
    std::vector<std::uint32_t> m_lengths;
    at::Tensor m_ids, m_h, m_x;
    RoutedTensors m_routed;
    Slab m_slab;
    std::vector<Pending> m_pending;
};

}

std::unique_ptr<Engine> makeAtenEngine(const EngineSetup& setup)
{
    return std::make_unique<AtenEngine>(setup);
}

}
