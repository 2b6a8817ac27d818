// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/capture.h"

#include "io/backend/batching.h"
#include "io/backend/capture_input.h"
#include "io/backend/capture_loop.h"
#include "io/backend/decoder.h"
#include "io/backend/stopwatch.h"
#include "io/backend/thread_pool.h"
#include "io/base/host.h"
#include "io/trace/trace_output.h"

#include <algorithm>
#include <charconv>

namespace expertscope {

namespace {

Expected<std::unique_ptr<TraceWriter>> openWriter(const CaptureRequest& request, const TracePlan& plan)
{
    if (request.resume)
        return TraceWriter::resume(request.output, plan);
    // What is there stays until the new trace replaces it; only a journal cannot be shared.
    return TraceWriter::create(request.output, plan, {.startAnew = request.force});
}

/// Before minutes of loading: may the output be written?
Expected<void> checkOutput(const CaptureRequest& request)
{
    if (request.discard)
        return {};
    if (request.output.empty())
        return fail("no file to write given", "-o");
    auto checked = checkTraceOutput({.path = request.output,
                                        .kind = {},
                                        .inputs = {request.model, request.prompts},
                                        .force = request.force},
        request.resume);
    if (!checked && checked.error().hint.starts_with("--force"))
        checked.error().hint = "--resume continues an interrupted capture, " + checked.error().hint;
    return checked;
}

}

Expected<std::vector<std::uint16_t>> parseSiteList(const std::string& list)
{
    const auto bad = [&] { return fail("cannot be read as a list of sites: '" + list + "'", "--sites", "e.g. 0-3,7"); };
    std::vector<std::uint16_t> sites;
    const char* at = list.data();
    const char* const end = at + list.size();
    const auto number = [&](std::uint16_t& value) {
        const auto [next, error] = std::from_chars(at, end, value);
        const bool good = error == std::errc() && next != at;
        at = next;
        return good;
    };
    while (at != end) {
        std::uint16_t first = 0;
        if (!number(first))
            return bad();
        std::uint16_t last = first;
        if (at != end && *at == '-') {
            ++at;
            if (!number(last) || last < first)
                return bad();
        }
        for (unsigned s = first; s <= last; ++s)
            sites.push_back(static_cast<std::uint16_t>(s));
        if (at != end && (*at++ != ',' || at == end))
            return bad();
    }
    std::sort(sites.begin(), sites.end());
    sites.erase(std::unique(sites.begin(), sites.end()), sites.end());
    return sites;
}

Expected<CaptureResult> runCapture(const CaptureRequest& request, const CaptureEvents& events)
{
    CaptureStart start;
    ES_ASSIGN(const DeviceKind device, parseDevice(request.device));
    ES_ASSIGN(const auto sites, parseSiteList(request.sites));
    ES_TRY(checkOutput(request));
    ES_TRY(openDevice(device));

    start.threads = request.threads > 0 ? request.threads : usableCpus();
    start.batchTokens = request.batchTokens > 0 ? request.batchTokens : standardBatchTokens(device);
    // On the CPU nothing is padded, so sorting by length across batches would buy nothing.
    const std::uint32_t windowBatches = device == DeviceKind::Cuda ? 8 : 1;
    ES_ASSIGN(const Checkpoint checkpoint, Checkpoint::open(request.model));
    const ArchSpec& arch = checkpoint.arch();
    ES_ASSIGN(const ComputeType type, chooseComputeType(request.dtype, device, arch.dtype));
    if (device == DeviceKind::Cpu && type != ComputeType::Float32 && !cpuHasBf16Arithmetic())
        start.warnings.push_back("this CPU has no 16-bit arithmetic: --dtype fp32 is a hundred times faster");

    auto moment = Clock::now();
    CaptureInput input;
    {
        ThreadPool pool(start.threads);
        ES_ASSIGN(input, readCaptureInput(request, arch.vocabSize, pool));
    }
    start.tokenizeSeconds = secondsSince(moment);
    const auto longest = *std::max_element(input.lengths.begin(), input.lengths.end());
    if (arch.rope.maxPositions > 0 && longest > arch.rope.maxPositions)
        start.warnings.push_back("the longest document has " + std::to_string(longest)
            + " tokens, the model was made for " + std::to_string(arch.rope.maxPositions));
    start.warnings.insert(start.warnings.end(), checkpoint.notes().begin(), checkpoint.notes().end());
    start.warnings.insert(start.warnings.end(), input.promptNotes.begin(), input.promptNotes.end());
    start.warnings.insert(start.warnings.end(), input.tokenizerNotes.begin(), input.tokenizerNotes.end());
    if (input.documentsCut > 0)
        start.warnings.push_back(
            std::to_string(input.documentsCut) + " documents were cut or left out by --max-tokens or --max-length");

    TracePlan plan;
    ES_ASSIGN(plan.sites, recordedSites(arch, sites));
    plan.columns = {.weights = true, .entropy = true, .margin = true, .logits = request.logits, .tokenIds = true,
        .predictedIds = request.loss, .loss = request.loss};
    plan.vocabulary = input.vocabulary;
    plan.provenance.modelId = request.model.string();
    plan.provenance.modelType = arch.modelType;
    plan.provenance.architecture = arch.architecture;
    plan.provenance.numHiddenLayers = static_cast<std::uint32_t>(arch.layers.size());
    plan.provenance.hiddenSize = static_cast<std::uint32_t>(arch.hiddenSize);
    plan.provenance.configJson = checkpoint.configJson();
    plan.provenance.attributes = {
        {"device", toString(device)},
        {"host", hostCpuName()},
        {"run_device_name", deviceName(device)},
        {"run_prompts", request.prompts.string()},
        {"dtype", toString(type)},
        {"stored_dtype", arch.dtype},
        {"torch", torchVersion()},
        {"threads", std::to_string(start.threads)},
        {"batch_tokens", std::to_string(start.batchTokens)},
        {"batching",
            std::to_string(start.batchTokens) + " tokens, " + std::to_string(windowBatches) + " batches a window"},
        {"tie_rule",
            arch.router.selectionBias ? "of equal selection scores the lowest expert id"
                                      : "of equal logits the lowest expert id"},
        {"weight_hash", checkpoint.weightHash()},
        {"command_line", request.commandLine},
    };
    if (arch.quantisation)
        plan.provenance.attributes["stored_form"] = storedFormName(arch.quantisation->form);
    if (input.documentsSkipped > 0)
        plan.provenance.attributes["run_prompts_skipped"] = std::to_string(input.documentsSkipped);
    plan.provenance.attributes.insert(input.tokenizer.begin(), input.tokenizer.end());

    plan.sequences = input.sequences;
    if (request.resume && !request.discard) {
        ES_ASSIGN(const bool complete, isComplete(request.output, plan));
        if (complete) {
            CaptureResult result;
            result.complete = result.already = true;
            result.kept = CaptureResult::Kept::Trace;
            result.tokens = result.tokensDone = input.numTokens;
            if (events.closed)
                events.closed(result);
            return result;
        }
    }

    moment = Clock::now();
    DecoderOptions options;
    options.device = device;
    options.type = type;
    options.threads = start.threads;
    options.sites = sites;
    options.logits = request.logits;
    options.loss = request.loss;
    options.partTokens = start.batchTokens;
    options.stop = request.stop;
    CaptureLoop* computing = nullptr;
    if (device == DeviceKind::Cpu) // where a batch is computed when submit() returns
        options.advanced = [&](double fraction) { computing->advanced(fraction); };
    ES_ASSIGN(const std::unique_ptr<Decoder> decoder, Decoder::load(checkpoint, options));
    start.loadSeconds = secondsSince(moment);
    if (decoder->threads() < start.threads) {
        start.warnings.push_back("only " + std::to_string(decoder->threads()) + " of " + std::to_string(start.threads)
            + " threads could be started");
        start.threads = decoder->threads();
    }

    plan.provenance.attributes["router_dtype"] = decoder->routerType();
    plan.provenance.attributes["attention_path"] = decoder->attentionPath();
    plan.provenance.attributes["expert_path"] = decoder->expertPath();

    start.tokens = input.numTokens;
    start.sequences = static_cast<std::uint32_t>(input.sequences.size());
    start.sites = static_cast<std::uint32_t>(plan.sites.size());
    start.modelType = arch.modelType;
    start.device = toString(device);
    start.dtype = toString(type);
    start.torch = torchVersion();
    start.attentionPath = decoder->attentionPath();
    start.expertPath = decoder->expertPath();
    start.weightBytes = decoder->weightBytes();

    if (events.opening)
        events.opening();
    std::unique_ptr<TraceWriter> writer;
    if (!request.discard) {
        ES_ASSIGN(writer, openWriter(request, plan));
        start.tokensDone = writer->tokensDone();
    }
    plan.sequences.clear(); // the writer has its copy, the loop works on `input`
    if (events.started)
        events.started(start);
    auto windows = planBatches(input.lengths, start.batchTokens, windowBatches);
    CaptureLoop loop(request, input, std::move(windows), *decoder, writer.get());
    computing = &loop;
    auto result = loop.run(start.tokensDone, events);
    if (result && events.closed)
        events.closed(*result);
    return result;
}

}
