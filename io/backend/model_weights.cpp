// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/model_weights.h"

#include "io/backend/thread_pool.h"
#include "io/backend/weight_arrangement.h"

#include <algorithm>
#include <mutex>

namespace expertscope {

namespace {

constexpr std::int64_t kPieceBytes = 8 << 20;

/// One pread: elements [first, first + count) of a tensor into `target`, in the number type asked for.
struct Piece
{
    const TensorSource* source = nullptr;
    at::Tensor target; ///< contiguous, as many elements as the source (whole) or `count` of them
    std::int64_t first = 0, count = 0;
};

Expected<at::ScalarType> scalarType(const TensorSource& tensor)
{
    switch (tensor.type) {
    case ElementType::F32:
        return at::kFloat;
    case ElementType::BF16:
        return at::kBFloat16;
    case ElementType::F16:
        return at::kHalf;
    case ElementType::F64:
        return at::kDouble;
    default:
        return fail("weights of this element type cannot be computed with", "tensor '" + tensor.name + "'",
            "f32, bf16, f16 or f64");
    }
}

/// Collects what is to be read, then reads it.
class Loader
{
public:
    Loader(const Checkpoint& checkpoint, const LoadRequest& request)
        : m_checkpoint(checkpoint)
        , m_request(request)
    {
    }

    /// A tensor of its own.
    void take(const TensorSource& source, at::Tensor& target) { takeAs(m_request.type, source, target); }

    void takeAs(at::ScalarType type, const TensorSource& source, at::Tensor& target)
    {
        if (!source.present())
            return;
        std::vector<std::int64_t> shape = source.shape;
        if (source.transposed)
            std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
        target = at::empty(shape, at::TensorOptions().dtype(type));
        into(source, target);
    }

    /// A slot of a larger tensor, e.g. one expert's rows of the stacked ones.
    void into(const TensorSource& source, const at::Tensor& slot)
    {
        const auto total = static_cast<std::int64_t>(source.numElements());
        if (source.transposed || source.interleaved || source.stored) { // needs the whole to turn or undo it
            m_pieces.push_back({&source, slot, 0, total});
            return;
        }
        const at::Tensor flat = slot.view({-1});
        const std::int64_t step =
            kPieceBytes / std::max<std::int64_t>(1, static_cast<std::int64_t>(elementBits(source.type)) / 8);
        for (std::int64_t first = 0; first < total; first += step) {
            const std::int64_t count = std::min(step, total - first);
            m_pieces.push_back({&source, flat.narrow(0, first, count), first, count});
        }
    }

    /// [first; second] as rows of one tensor
    void stack(const std::vector<const TensorSource*>& sources, at::Tensor& target)
    {
        std::int64_t rows = 0;
        for (const auto* s : sources)
            rows += outRows(*s);
        std::vector<std::int64_t> shape{rows};
        if (sources[0]->shape.size() > 1)
            shape.push_back(sources[0]->transposed ? sources[0]->shape[0] : sources[0]->shape[1]);
        target = at::empty(shape, at::TensorOptions().dtype(m_request.type));
        std::int64_t row = 0;
        for (const auto* s : sources) {
            into(*s, target.narrow(0, row, outRows(*s)));
            row += outRows(*s);
        }
    }

    /// The same of tensors of more dimensions that differ in the first.
    void stackAll(const std::vector<const TensorSource*>& sources, at::Tensor& target)
    {
        std::vector<std::int64_t> shape = sources[0]->shape;
        shape[0] = 0;
        for (const auto* s : sources)
            shape[0] += s->shape[0];
        target = at::empty(shape, at::TensorOptions().dtype(m_request.type));
        std::int64_t row = 0;
        for (const auto* s : sources) {
            into(*s, target.narrow(0, row, s->shape[0]));
            row += s->shape[0];
        }
    }

    void mlp(const MlpSource& source, MlpWeights& target)
    {
        if (!source.present())
            return;
        stack({&source.gate, &source.up}, target.gateUp);
        take(source.down, target.down);
        if (source.gateBias.present())
            stack({&source.gateBias, &source.upBias}, target.gateUpBias);
        take(source.downBias, target.downBias);
    }

    void experts(const std::vector<MlpSource>& sources, MlpWeights& target)
    {
        if (sources.empty())
            return;
        const auto count = static_cast<std::int64_t>(sources.size());
        const MlpSource& like = sources[0];
        const std::int64_t width = like.gate.present() ? outRows(like.gate) : outRows(like.gateUp) / 2;
        const std::int64_t hidden = outRows(like.down);
        const auto options = at::TensorOptions().dtype(m_request.type);
        target.gateUp = at::empty({count, 2 * width, hidden}, options);
        target.down = at::empty({count, hidden, width}, options);
        if (like.downBias.present()) {
            target.gateUpBias = at::empty({count, 2 * width}, options);
            target.downBias = at::empty({count, hidden}, options);
        }
        for (std::int64_t e = 0; e < count; ++e) {
            const auto& s = sources[static_cast<std::size_t>(e)];
            const at::Tensor both = target.gateUp.select(0, e);
            if (s.gateUp.present()) {
                into(s.gateUp, both);
            } else {
                into(s.gate, both.narrow(0, 0, width));
                into(s.up, both.narrow(0, width, width));
            }
            into(s.down, target.down.select(0, e));
            if (s.downBias.present()) {
                into(s.gateUpBias, target.gateUpBias.select(0, e));
                into(s.downBias, target.downBias.select(0, e));
            }
        }
    }

    Expected<void> read(ThreadPool& pool)
    {
        // In the order of the files: disks like it.
        std::stable_sort(m_pieces.begin(), m_pieces.end(), [](const Piece& a, const Piece& b) {
            return std::tie(a.source->file, a.source->offset, a.first)
                < std::tie(b.source->file, b.source->offset, b.first);
        });
        std::mutex mutex;
        std::optional<Error> failure;
        std::atomic<bool> failed{false};
        pool.run(static_cast<std::int64_t>(m_pieces.size()), [&](std::int64_t i, int) {
            if (failed || (m_request.stop && *m_request.stop))
                return;
            Expected<void> done = readGuarded(m_pieces[static_cast<std::size_t>(i)]);
            if (!done) {
                failed = true;
                const std::lock_guard lock(mutex);
                if (!failure)
                    failure = std::move(done.error());
            }
        });
        m_pieces.clear();
        if (failure)
            return tl::unexpected<Error>(std::move(*failure));
        if (m_request.stop && *m_request.stop)
            return fail("stopped while the weights were read", m_checkpoint.folder().string());
        return {};
    }

private:
    static std::int64_t outRows(const TensorSource& s) { return s.transposed ? s.shape.back() : s.shape.front(); }

    Expected<void> readGuarded(const Piece& piece) const
    {
        try {
            return readPiece(piece);
        } catch (const std::exception& error) {
            const std::string text = error.what();
            return fail(text.substr(0, text.find('\n')), "tensor '" + piece.source->name + "'");
        }
    }

    Expected<void> readPiece(const Piece& piece) const
    {
        const c10::InferenceMode guard;
        const TensorSource& source = *piece.source;
        ES_ASSIGN(const at::ScalarType stored, scalarType(source));
        const bool turned = source.transposed || source.interleaved;
        at::Tensor target = piece.target;
        if (source.stored) {
            ES_ASSIGN(auto values, m_checkpoint.readValues(source));
            // Rounded once to what the form is computed in, then to what the decoder computes in.
            target.copy_(arranged(at::from_blob(values.data(), source.shape, at::kFloat).to(stored), source).view_as(target));
            return {};
        }
        const auto width = static_cast<std::int64_t>(c10::elementSize(stored));
        const auto bytes = static_cast<std::size_t>(piece.count * width);
        const auto offset = static_cast<std::uint64_t>(piece.first * width);
        if (stored == target.scalar_type() && !turned) {
            auto* destination = static_cast<std::byte*>(target.data_ptr());
            return m_checkpoint.read(source, offset, {destination, bytes});
        }
        std::vector<std::byte> raw(bytes);
        ES_TRY(m_checkpoint.read(source, offset, raw));
        const auto options = at::TensorOptions().dtype(stored);
        if (turned)
            target.copy_(arranged(at::from_blob(raw.data(), source.shape, options), source).view_as(target));
        else
            target.copy_(at::from_blob(raw.data(), {piece.count}, options));
        return {};
    }

    /// [out, in], and all gates before all ups.
    static at::Tensor arranged(at::Tensor values, const TensorSource& source)
    {
        if (source.transposed)
            values = values.transpose(-2, -1);
        if (source.interleaved)
            values = values.unflatten(0, {values.size(0) / 2, 2}).transpose(0, 1).reshape(values.sizes());
        return values;
    }

    const Checkpoint& m_checkpoint;
    const LoadRequest& m_request;
    std::vector<Piece> m_pieces;
};

void forEachTensor(LayerWeights& l, const auto& function)
{
    const auto ofMlp = [&](MlpWeights& mlp) {
        for (at::Tensor* t : {&mlp.gateUp, &mlp.down, &mlp.gateUpBias, &mlp.downBias}) {
            if (t->defined())
                function(*t);
        }
    };
    DeltaNetWeights& d = l.deltaNet;
    ShortConvolutionWeights& c = l.shortConvolution;
    StateSpaceWeights& s = l.stateSpace;
    for (at::Tensor* t : {&s.in, &s.inBias, &s.kernel, &s.kernelBias, &s.rate, &s.skip, &s.stepBias, &s.norm, &d.in, &d.aUp, &d.zUp, &d.kernel, &d.rate, &d.stepBias, &d.norm, &c.in, &c.inBias, &c.kernel, &c.kernelBias,
             &l.attentionNorm, &l.mlpNorm, &l.attentionNormBias, &l.mlpNormBias, &l.qkv, &l.qkvBias, &l.down,
             &l.downBias, &l.qUp, &l.kvUp, &l.qDownNorm, &l.kvDownNorm, &l.o, &l.oBias, &l.qNorm, &l.kNorm, &l.sinks,
             &l.router, &l.routerBias, &l.selectionBias, &l.sharedGate}) {
        if (t->defined())
            function(*t);
    }
    ofMlp(l.experts);
    ofMlp(l.dense);
    ofMlp(l.shared);
}

void takeDeltaNet(Loader& loader, const DeltaNetSource& from, DeltaNetWeights& to)
{
    if (from.q.present())
        loader.stack({&from.q, &from.k, &from.v, &from.b, &from.aDown, &from.zDown}, to.in);
    else if (from.qkvz.present())
        loader.stack({&from.qkvz, &from.ba}, to.in);
    else
        loader.stack({&from.qkv, &from.z, &from.b, &from.a}, to.in);
    loader.take(from.aUp, to.aUp);
    loader.take(from.zUp, to.zUp);
    if (from.kernel.present())
        loader.take(from.kernel, to.kernel);
    else
        loader.stackAll({&from.qKernel, &from.kKernel, &from.vKernel}, to.kernel);
    loader.takeAs(at::kFloat, from.logDecay, to.rate);
    loader.takeAs(at::kFloat, from.stepBias, to.stepBias);
    loader.take(from.norm, to.norm);
}

void takeStateSpace(Loader& loader, const StateSpaceSource& from, StateSpaceWeights& to)
{
    loader.take(from.in, to.in);
    loader.take(from.inBias, to.inBias);
    loader.take(from.kernel, to.kernel);
    loader.take(from.kernelBias, to.kernelBias);
    loader.takeAs(at::kFloat, from.logDecay, to.rate);
    loader.takeAs(at::kFloat, from.skip, to.skip);
    loader.takeAs(at::kFloat, from.stepBias, to.stepBias);
    loader.take(from.norm, to.norm);
}

/// Latent attention's projections of the hidden state, one below the other.
void takeLatent(Loader& loader, const LayerSource& from, LayerWeights& to, at::ScalarType type)
{
    const bool narrow = from.qDown.present();
    loader.stack({narrow ? &from.qDown : &from.q, &from.kvDown}, to.down);
    if (narrow) {
        loader.take(from.q, to.qUp);
        loader.take(from.qDownNorm, to.qDownNorm);
    }
    loader.take(from.kvUp, to.kvUp);
    loader.take(from.kvDownNorm, to.kvDownNorm);
    if (!from.kvDownBias.present())
        return;
    // Queries that are made of the hidden state have none.
    to.downBias = at::zeros({to.down.size(0)}, at::TensorOptions().dtype(type));
    const std::int64_t last = from.kvDownBias.shape[0];
    if (from.qDownBias.present())
        loader.into(from.qDownBias, to.downBias.narrow(0, 0, to.downBias.size(0) - last));
    loader.into(from.kvDownBias, to.downBias.narrow(0, to.downBias.size(0) - last, last));
}

}

Expected<ModelWeights> loadWeights(const Checkpoint& checkpoint, const LoadRequest& request, ThreadPool& pool)
{
    const c10::InferenceMode guard;
    const ModelSource& source = checkpoint.weights();
    const ArchSpec& arch = checkpoint.arch();
    const bool aroundOne = arch.normKind == NormKind::RmsAroundOne;
    const at::ScalarType normType = aroundOne ? at::kFloat : request.type;
    ModelWeights weights;
    const auto settle = [&](at::Tensor& tensor) {
        weights.bytes += static_cast<std::uint64_t>(tensor.nbytes());
        if (!request.device.is_cpu())
            tensor = tensor.to(request.device);
    };
    try {
        Loader loader(checkpoint, request);
        loader.take(source.embedding, weights.embedding);
        const bool tied = !source.lmHead.present()
            || (source.lmHead.file == source.embedding.file && source.lmHead.offset == source.embedding.offset);
        if (request.head) {
            loader.takeAs(normType, source.finalNorm, weights.finalNorm);
            loader.take(source.finalNormBias, weights.finalNormBias);
            loader.take(source.headBias, weights.headBias);
            if (!tied)
                loader.take(source.lmHead, weights.lmHead);
        }
        ES_TRY(loader.read(pool));
        if (aroundOne && weights.finalNorm.defined())
            weights.finalNorm.add_(1);
        settle(weights.embedding);
        for (at::Tensor* t : {&weights.finalNorm, &weights.finalNormBias, &weights.headBias}) {
            if (t->defined())
                settle(*t);
        }
        if (weights.lmHead.defined())
            settle(weights.lmHead);
        else if (request.head)
            weights.lmHead = weights.embedding;

        weights.layers.resize(request.numLayers);
        for (std::size_t i = 0; i < request.numLayers; ++i) {
            const LayerSource& from = source.layers[i];
            LayerWeights& to = weights.layers[i];
            loader.takeAs(normType, from.attentionNorm, to.attentionNorm);
            loader.take(from.attentionNormBias, to.attentionNormBias);
            loader.takeAs(normType, from.mlpNorm, to.mlpNorm);
            loader.take(from.mlpNormBias, to.mlpNormBias);
            switch (arch.layers[i].mixer) {
            case Mixer::Latent:
                takeLatent(loader, from, to, request.type);
                break;
            case Mixer::DeltaNet:
                takeDeltaNet(loader, from.deltaNet, to.deltaNet);
                break;
            case Mixer::StateSpace:
                takeStateSpace(loader, from.stateSpace, to.stateSpace);
                break;
            case Mixer::ShortConvolution:
                loader.take(from.shortConvolution.in, to.shortConvolution.in);
                loader.take(from.shortConvolution.inBias, to.shortConvolution.inBias);
                loader.take(from.shortConvolution.kernel, to.shortConvolution.kernel);
                loader.take(from.shortConvolution.kernelBias, to.shortConvolution.kernelBias);
                break;
            case Mixer::GroupedQuery:
                loader.stack({&from.q, &from.k, &from.v}, to.qkv);
                if (from.qBias.present())
                    loader.stack({&from.qBias, &from.kBias, &from.vBias}, to.qkvBias);
                break;
            }
            loader.take(from.o, to.o);
            loader.take(from.oBias, to.oBias);
            loader.takeAs(normType, from.qNorm, to.qNorm);
            loader.takeAs(normType, from.kNorm, to.kNorm);
            loader.take(from.sinks, to.sinks);
            loader.takeAs(arch.router.fp32Logits ? at::kFloat : request.type, from.router, to.router);
            loader.take(from.routerBias, to.routerBias);
            loader.takeAs(at::kFloat, from.selectionBias, to.selectionBias);
            if (!(request.lastLayerRouterOnly && i + 1 == request.numLayers)) {
                loader.experts(from.experts, to.experts);
                loader.mlp(from.dense, to.dense);
                loader.mlp(from.shared, to.shared);
                loader.take(from.sharedGate, to.sharedGate);
            }
            // Layer by layer: on the way to a GPU the host never holds more than one of them.
            ES_TRY(loader.read(pool));
            if (to.sharedGate.defined())
                to.sharedGate = to.sharedGate.view({-1});
            arrangeWeights(arch, from, to);
            forEachTensor(to, settle);
        }
    } catch (const std::exception& error) {
        const std::string text = error.what();
        return fail("the weights do not fit: " + text.substr(0, text.find('\n')), checkpoint.folder().string());
    }
    return weights;
}

}
