// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/routing_server.h"

#include "io/backend/decoder.h"
#include "io/backend/stopwatch.h"
#include "io/backend/thread_pool.h"
#include "io/base/host.h"
#include "io/base/version.h"
#include "io/tokenizer/tokenizer.h"

#include <algorithm>

namespace expertscope {

namespace {

template <class T> std::span<const T> rows(const std::vector<T>& all, std::size_t index, std::size_t width)
{
    return std::span(all).subspan(index * width, width);
}

template <class T> void append(std::vector<T>& to, std::span<const T> from)
{
    to.insert(to.end(), from.begin(), from.end());
}

}

struct RoutingServer::Private
{
    std::int64_t vocabulary = 0;
    std::optional<Tokenizer> tokenizer;
    std::unique_ptr<Decoder> decoder;
    ServeCapabilities capabilities;
    BatchRouting routing; ///< its memory serves the next prompt too

    Expected<std::vector<std::int32_t>> idsOf(const ServeRequest& request) const
    {
        std::vector<std::int32_t> ids = request.tokenIds;
        if (request.text) {
            if (!tokenizer)
                return fail("the model has no tokenizer.json", capabilities.model, "give token_ids");
            ES_ASSIGN(ids, tokenizer->encode(*request.text));
        }
        if (ids.empty())
            return fail("the tokenizer leaves no token of it", "prompt");
        std::size_t values = 0;
        for (const Site& site : decoder->sites())
            values += 2u * decoder->numSlots() + 2u + (request.logits ? site.numExperts : 0u);
        const std::size_t most = std::min(kServeTokens, kServeValues / std::max<std::size_t>(1, values));
        if (ids.size() > most)
            return fail(std::to_string(ids.size()) + " tokens are more than one answer takes, which is "
                    + std::to_string(most),
                "prompt", "expertscope capture takes prompts of any length");
        for (std::size_t t = 0; t < ids.size(); ++t) {
            if (ids[t] < 0 || ids[t] >= vocabulary)
                return fail("token " + std::to_string(t) + " has the id " + std::to_string(ids[t])
                        + ", the model's vocabulary ends at " + std::to_string(vocabulary - 1),
                    "prompt");
        }
        return ids;
    }

    ServedRouting answer(const ServeRequest& request, std::vector<std::int32_t> ids) const
    {
        ServedRouting out;
        out.id = request.id;
        out.numSlots = decoder->numSlots();
        out.offsets.push_back(0);
        for (const std::int32_t id : ids) {
            if (tokenizer)
                out.bytes += tokenizer->tokenBytes(id);
            out.offsets.push_back(static_cast<std::uint32_t>(out.bytes.size()));
        }
        const std::size_t tokens = ids.size(), sites = decoder->sites().size(), slots = out.numSlots;
        out.tokenIds = std::move(ids);
        for (std::size_t s = 0; s < sites; ++s) {
            ServedSite site;
            site.numExperts = decoder->sites()[s].numExperts;
            for (std::size_t t = 0; t < tokens; ++t) {
                const std::size_t at = t * sites + s;
                append(site.expertIds, rows(routing.expertIds, at, slots));
                append(site.weights, rows(routing.weights, at, slots));
                site.entropy.push_back(routing.entropy[at]);
                site.margin.push_back(routing.margin[at]);
                if (request.logits)
                    append(site.logits, rows(routing.logits, at, decoder->maxExperts()).first(site.numExperts));
            }
            out.sites.push_back(std::move(site));
        }
        return out;
    }
};

RoutingServer::RoutingServer(std::unique_ptr<Private> p)
    : d(std::move(p))
{
}
RoutingServer::~RoutingServer() = default;

Expected<std::unique_ptr<RoutingServer>> RoutingServer::open(const CaptureRequest& request)
{
    const auto started = Clock::now();
    ES_ASSIGN(const DeviceKind device, parseDevice(request.device));
    ES_TRY(openDevice(device));
    ES_ASSIGN(const Checkpoint checkpoint, Checkpoint::open(request.model));
    const ArchSpec& arch = checkpoint.arch();
    ES_ASSIGN(const ComputeType type, chooseComputeType(request.dtype, device, arch.dtype));

    auto d = std::make_unique<Private>();
    d->vocabulary = arch.vocabSize;
    std::error_code ignored;
    if (std::filesystem::exists(request.model / "tokenizer.json", ignored)) {
        ES_ASSIGN(d->tokenizer, Tokenizer::open(request.model));
    }
    DecoderOptions options;
    options.device = device;
    options.type = type;
    options.threads = request.threads > 0 ? request.threads : usableCpus();
    options.logits = true; // whether they are wanted is said prompt by prompt
    if (request.batchTokens > 0)
        options.partTokens = request.batchTokens;
    options.stop = request.stop;
    ES_ASSIGN(d->decoder, Decoder::load(checkpoint, options));

    ServeCapabilities& c = d->capabilities;
    c.program = std::string("expertscope-capture ") + kVersion;
    c.model = request.model.string();
    c.modelType = arch.modelType;
    c.device = toString(device);
    c.dtype = toString(type);
    c.text = d->tokenizer.has_value();
    c.numSlots = d->decoder->numSlots();
    for (const Site& site : d->decoder->sites()) {
        c.layers.push_back(site.layer);
        c.experts.push_back(site.numExperts);
        c.topK.push_back(site.topK);
    }
    c.requests = {"route", "cancel", "stop"};
    c.options = {"logits"};
    c.loadSeconds = secondsSince(started);
    return std::unique_ptr<RoutingServer>(new RoutingServer(std::move(d)));
}

const ServeCapabilities& RoutingServer::capabilities() const
{
    return d->capabilities;
}

ServeReply RoutingServer::route(const ServeRequest& request)
{
    const auto failed = [&](Error error) { return ServeFailure{request.id, std::move(error)}; };
    auto ids = d->idsOf(request);
    if (!ids)
        return failed(std::move(ids).error());
    const auto started = Clock::now();
    const auto submitted = d->decoder->submit({*ids, {static_cast<std::uint32_t>(ids->size())}});
    if (!submitted)
        return failed(submitted.error());
    if (!*submitted)
        return ServeCancelled{request.id};
    const auto there = d->decoder->collect(d->routing);
    if (!there)
        return failed(there.error());
    if (!*there)
        return ServeCancelled{request.id};
    ServedRouting routing = d->answer(request, std::move(*ids));
    routing.seconds = secondsSince(started);
    return routing;
}

}
