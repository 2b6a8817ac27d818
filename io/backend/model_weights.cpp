// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/model_weights.h"

#include "io/backend/thread_pool.h"
#include "io/backend/weight_arrangement.h"
#include "io/backend/weight_loader.h"

namespace expertscope {

namespace {

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
    for (at::Tensor* t : {&s.in, &s.inBias, &s.kernel, &s.kernelBias, &s.rate, &s.skip, &s.stepBias, &s.norm, &d.in, &d.aUp,
             &d.zUp, &d.kernel, &d.rate, &d.stepBias, &d.norm, &c.in, &c.inBias, &c.kernel, &c.kernelBias, &l.attentionNorm, &l.mlpNorm, &l.attentionNormBias, &l.mlpNormBias, &l.qkv, &l.qkvBias, &l.down,
             &l.downBias, &l.qUp, &l.kvUp, &l.qDownNorm, &l.kvDownNorm, &l.o, &l.oBias, &l.qNorm, &l.kNorm, &l.sinks,
             &l.router, &l.routerBias, &l.selectionBias, &l.sharedGate}) {
        if (t->defined())
            function(*t);
    }
    ofMlp(l.experts);
    ofMlp(l.dense);
    ofMlp(l.shared);
}

void takeDeltaNet(WeightLoader& loader, const DeltaNetSource& from, DeltaNetWeights& to)
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

void takeStateSpace(WeightLoader& loader, const StateSpaceSource& from, StateSpaceWeights& to)
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
void takeLatent(WeightLoader& loader, const LayerSource& from, LayerWeights& to, at::ScalarType type)
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
        WeightLoader loader(checkpoint, request);
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
