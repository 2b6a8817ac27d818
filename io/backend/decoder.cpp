// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/decoder.h"

#include "io/backend/engine.h"
#include "io/backend/thread_pool.h"

#include <algorithm>
#include <optional>

namespace expertscope {

namespace {

at::ScalarType scalarType(ComputeType type)
{
    switch (type) {
    case ComputeType::BFloat16:
        return at::kBFloat16;
    case ComputeType::Float16:
        return at::kHalf;
    case ComputeType::Float32:
        break;
    }
    return at::kFloat;
}

/// First line of what a library threw.
std::string reason(const std::exception& error)
{
    const std::string text = error.what();
    return text.substr(0, text.find('\n'));
}

}

struct Decoder::Private
{
    Private(int threads, const std::atomic<bool>* stop)
        : pool(threads, stop)
    {
    }

    ArchSpec arch;
    ThreadPool pool;
    ModelWeights weights;
    std::vector<Site> sites;
    std::vector<int> columnOfLayer; ///< recorded column, -1 = routes unrecorded, -2 = dense
    std::uint16_t numSlots = 0, maxExperts = 0;
    bool routerOnly = false; ///< the last layer ends at its router
    bool loss = false, hidden = false;
    at::ScalarType type = at::kFloat;
    std::function<void(double)> advanced;
    std::optional<EngineSetup> setup;
    std::unique_ptr<Engine> engine;
    int underWay = 0;

    void forward(const PackedBatch& batch)
    {
        engine->begin(batch);
        for (std::size_t i = 0; i < weights.layers.size(); ++i) {
            const LayerWeights& w = weights.layers[i];
            engine->attend(arch.layers[i], w);
            setup->checkStop();
            if (arch.layers[i].moe) {
                setup->overParts(static_cast<std::int64_t>(batch.tokenIds.size()), [&](const Part& part) {
                    engine->route(w, columnOfLayer[i], part);
                    setup->checkStop(); // or what was chosen may not be there
                    // Interventions on the choice (a later issue) go here, between the choice and its effect.
                    if (!(routerOnly && i + 1 == weights.layers.size()))
                        engine->mix(w, part);
                });
            } else {
                engine->dense(w);
            }
            if (advanced)
                advanced(static_cast<double>(i + 1) / static_cast<double>(weights.layers.size()));
        }
        if (hidden)
            engine->hidden();
        if (loss)
            engine->loss();
        setup->checkStop();
        engine->finish();
    }
};

Expected<std::vector<Site>> recordedSites(const ArchSpec& arch, const std::vector<std::uint16_t>& ordinals)
{
    if (arch.sites.empty())
        return fail("the model has no router", "config.json");
    if (ordinals.empty())
        return arch.sites;
    std::vector<Site> sites;
    for (const std::uint16_t ordinal : ordinals) {
        if (ordinal >= arch.sites.size())
            return fail("the model has sites 0 to " + std::to_string(arch.sites.size() - 1) + " only", "--sites");
        sites.push_back(arch.sites[ordinal]);
    }
    return sites;
}

Decoder::Decoder(std::unique_ptr<Private> p)
    : d(std::move(p))
{
}
Decoder::~Decoder() = default;

Expected<std::unique_ptr<Decoder>> Decoder::load(const Checkpoint& checkpoint, const DecoderOptions& options)
{
    const ArchSpec& arch = checkpoint.arch();
    const std::string where = checkpoint.folder().string();
    const RouterSpec& router = arch.router;
    if (router.topK < 1 || router.topK > router.numExperts || router.topK > 512 || router.numExperts >= kNoExpert)
        return fail("top-" + std::to_string(router.topK) + " of " + std::to_string(router.numExperts)
                + " experts is out of range",
            where);
    if (arch.sites.empty())
        return fail("the model has no router", where);
    if (options.loss && !checkpoint.weights().lmHead.present() && !arch.tiedEmbeddings)
        return fail("--loss needs lm_head.weight, which the checkpoint lacks", where);

    auto d = std::make_unique<Private>(std::max(1, options.threads), options.stop);
    d->arch = arch;
    d->loss = options.loss;
    d->hidden = options.hidden;
    d->advanced = options.advanced;
    d->type = scalarType(options.type);

    ES_ASSIGN(d->sites, recordedSites(arch, options.sites));
    std::size_t ordinal = 0, lastRecorded = 0;
    int column = 0;
    for (std::size_t i = 0; i < arch.layers.size(); ++i) {
        if (!arch.layers[i].moe) {
            d->columnOfLayer.push_back(-2);
            continue;
        }
        const bool recorded = options.sites.empty() || std::ranges::find(options.sites, ordinal) != options.sites.end();
        d->columnOfLayer.push_back(recorded ? column++ : -1);
        if (recorded)
            lastRecorded = i;
        ++ordinal;
    }
    for (const Site& site : d->sites) {
        d->numSlots = std::max(d->numSlots, site.topK);
        d->maxExperts = std::max(d->maxExperts, site.numExperts);
    }

    const bool whole = options.loss || options.hidden;
    d->routerOnly = !whole;
    try {
        const c10::InferenceMode guard;
        const at::Device device =
            options.device == DeviceKind::Cuda ? at::Device(c10::DeviceType::CUDA, 0) : at::Device(at::kCPU);
        const bool fused = device.is_cpu() && d->type == at::kFloat && !options.generic;
        // The fused engine's tiles are the parallelism: an operator within a tile must not start threads of its own.
        at::set_num_threads(fused ? 1 : d->pool.size());
        LoadRequest request;
        request.type = d->type;
        request.device = device;
        request.head = options.loss;
        request.numLayers = whole ? arch.layers.size() : lastRecorded + 1;
        request.lastLayerRouterOnly = d->routerOnly;
        request.stop = options.stop;
        ES_ASSIGN(d->weights, loadWeights(checkpoint, request, d->pool));
        d->setup.emplace(EngineSetup{d->arch, d->weights, d->pool, d->type, device,
            static_cast<std::uint16_t>(d->sites.size()), d->numSlots, d->maxExperts, options.entropy, options.margin,
            options.logits, static_cast<std::int64_t>(std::max<std::uint64_t>(1, options.partTokens)), options.stop});
        d->engine = fused ? makeCpuEngine(*d->setup) : makeAtenEngine(*d->setup);
    } catch (const std::exception& error) {
        return fail(reason(error), where);
    }
    return std::unique_ptr<Decoder>(new Decoder(std::move(d)));
}

Expected<bool> Decoder::submit(const PackedBatch& batch)
{
    for (const auto id : batch.tokenIds) {
        if (id < 0 || id >= d->arch.vocabSize)
            return fail(
                "token id " + std::to_string(id) + " is outside the vocabulary of " + std::to_string(d->arch.vocabSize),
                "batch");
    }
    try {
        const c10::InferenceMode guard;
        d->forward(batch);
        ++d->underWay;
    } catch (const Stopped&) {
        return false;
    } catch (const std::exception& error) {
        return fail(
            "computing a batch of " + std::to_string(batch.tokenIds.size()) + " tokens failed: " + reason(error), {},
            "a smaller --batch-tokens needs less memory");
    }
    return true;
}

Expected<bool> Decoder::collect(BatchRouting& out)
{
    if (d->underWay == 0)
        return fail("no batch is under way");
    --d->underWay;
    try {
        const c10::InferenceMode guard;
        d->engine->collect(out);
    } catch (const Stopped&) {
        return false;
    } catch (const std::exception& error) {
        return fail("fetching the results of a batch failed: " + reason(error));
    }
    return true;
}

const std::vector<Site>& Decoder::sites() const
{
    return d->sites;
}
std::uint16_t Decoder::numSlots() const
{
    return d->numSlots;
}
std::uint16_t Decoder::maxExperts() const
{
    return d->maxExperts;
}
std::uint64_t Decoder::weightBytes() const
{
    return d->weights.bytes;
}
int Decoder::threads() const
{
    return d->pool.size();
}
std::string Decoder::expertPath() const
{
    return d->engine->expertPath();
}
std::string Decoder::attentionPath() const
{
    return d->engine->attentionPath();
}
std::string Decoder::routerType() const
{
    return d->type == at::kFloat || d->arch.router.fp32Logits
        ? "float32"
        : toString(d->type == at::kHalf ? ComputeType::Float16 : ComputeType::BFloat16);
}

}
