// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/capture.h"

#include "io/backend/batching.h"
#include "io/backend/capture_input.h"
#include "io/backend/decoder.h"
#include "io/trace/trace_output.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <ctime>
#include <deque>
#include <sched.h>

namespace expertscope {

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Of all threads of this process.
double cpuSeconds()
{
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

int usableCpus()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return std::max(1, CPU_COUNT(&set));
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

/// Columns of a window, [token, …], filled batch by batch in another order than the trace's.
struct WindowSlab
{
    std::vector<std::uint16_t> expertIds;
    std::vector<float> weights, entropy, margin, logits, loss;
    std::vector<std::int32_t> predictedIds;

    template <class T>
    static void place(std::vector<T>& to, const std::vector<T>& from, std::uint64_t windowTokens,
        std::uint64_t batchTokens, std::uint64_t target, std::uint64_t source, std::uint64_t count)
    {
        if (from.empty())
            return;
        const std::uint64_t width = from.size() / batchTokens;
        to.resize(windowTokens * width);
        std::memcpy(to.data() + target * width, from.data() + source * width, count * width * sizeof(T));
    }
    void place(const BatchRouting& r, std::uint64_t windowTokens, std::uint64_t target, std::uint64_t source,
        std::uint64_t count)
    {
        place(expertIds, r.expertIds, windowTokens, r.numTokens, target, source, count);
        place(weights, r.weights, windowTokens, r.numTokens, target, source, count);
        place(entropy, r.entropy, windowTokens, r.numTokens, target, source, count);
        place(margin, r.margin, windowTokens, r.numTokens, target, source, count);
        place(logits, r.logits, windowTokens, r.numTokens, target, source, count);
        place(loss, r.loss, windowTokens, r.numTokens, target, source, count);
        place(predictedIds, r.predictedIds, windowTokens, r.numTokens, target, source, count);
    }
};

/// Hands rows [skip, n) of a window to the writer.
template <class Slab>
Expected<void> appendRows(TraceWriter& writer, const Slab& from, std::uint64_t n, std::uint64_t skip,
    std::uint64_t firstToken, std::uint16_t numSites)
{
    const auto tail = [&](const auto& column) {
        const std::span all(column);
        return column.empty() ? all : all.subspan(skip * (column.size() / n));
    };
    RoutingSlab slab;
    slab.numSites = numSites;
    slab.firstToken = firstToken + skip;
    slab.numTokens = static_cast<std::uint32_t>(n - skip);
    slab.expertIds = tail(from.expertIds);
    slab.weights = tail(from.weights);
    slab.entropy = tail(from.entropy);
    slab.margin = tail(from.margin);
    slab.logits = tail(from.logits);
    slab.loss = tail(from.loss);
    slab.predictedIds = tail(from.predictedIds);
    return writer.append(slab);
}

/// The capture proper: batches through the decoder, two under way, rows to the writer in the list's order.
class CaptureLoop
{
public:
    CaptureLoop(const CaptureRequest& request, const CaptureInput& input, std::vector<BatchWindow> windows,
        Decoder& decoder, TraceWriter* writer)
        : m_request(request)
        , m_input(input)
        , m_windows(std::move(windows))
        , m_decoder(decoder)
        , m_writer(writer)
        , m_numSites(static_cast<std::uint16_t>(decoder.sites().size()))
    {
        m_starts.reserve(input.lengths.size());
        std::uint64_t token = 0;
        for (const auto length : input.lengths) {
            m_starts.push_back(token);
            token += length;
        }
    }

    /// `tokensDone` are in the file already.
    Expected<CaptureResult> run(std::uint64_t tokensDone, const CaptureEvents& events)
    {
        m_done = m_already = tokensDone;
        CaptureResult result;
        result.tokens = m_input.numTokens;
        const auto started = Clock::now();
        const double cpuStarted = cpuSeconds();
        const auto report = [&] {
            if (!events.progress)
                return;
            CaptureProgress p;
            p.tokens = m_input.numTokens;
            p.tokensDone = m_done;
            p.seconds = secondsSince(started);
            p.tokensPerSecond = p.seconds > 0 ? static_cast<double>(m_done - m_already) / p.seconds : 0;
            p.secondsLeft =
                p.tokensPerSecond > 0 ? static_cast<double>(p.tokens - p.tokensDone) / p.tokensPerSecond : 0;
            events.progress(p);
        };
        const auto stopped = [&] { return m_request.stop && *m_request.stop; };
        for (std::size_t w = 0; w < m_windows.size() && !stopped(); ++w) {
            const BatchWindow& window = m_windows[w];
            // A window that is partly in the file is computed again whole: batches stay what they were.
            if (window.firstToken + window.numTokens <= tokensDone)
                continue;
            for (std::size_t b = 0; b < window.batches.size() && !stopped(); ++b) {
                ES_ASSIGN([[maybe_unused]] const bool computed, m_decoder.submit(pack(window.batches[b])));
                if (!computed)
                    break;
                result.tokensComputed += m_packed.tokenIds.size();
                m_underWay.push_back({w, b});
                if (m_underWay.size() == 2) {
                    ES_TRY(take());
                    report();
                }
            }
        }
        while (!m_underWay.empty()) {
            ES_TRY(take());
            report();
        }
        result.complete = m_done == m_input.numTokens;
        if (m_writer)
            ES_TRY(m_writer->finish(result.complete));
        result.tokensDone = m_done;
        result.captureSeconds = secondsSince(started);
        result.cpuSeconds = cpuSeconds() - cpuStarted;
        return result;
    }

private:
    struct UnderWay
    {
        std::size_t window, batch;
    };

    const PackedBatch& pack(const std::vector<std::uint32_t>& sequences)
    {
        m_packed.tokenIds.clear();
        m_packed.lengths.clear();
        for (const auto s : sequences) {
            const auto& ids = m_input.sequences[s].tokenIds;
            m_packed.tokenIds.insert(m_packed.tokenIds.end(), ids.begin(), ids.end());
            m_packed.lengths.push_back(m_input.lengths[s]);
        }
        return m_packed;
    }

    /// Fetches the oldest batch; with the last one of a window its rows go to the writer.
    Expected<void> take()
    {
        const auto [w, b] = m_underWay.front();
        m_underWay.pop_front();
        const BatchWindow& window = m_windows[w];
        ES_TRY(m_decoder.collect(m_routing));
        const bool last = b + 1 == window.batches.size();
        const std::uint64_t skip = m_done > window.firstToken ? m_done - window.firstToken : 0;
        if (window.batches.size() == 1 && inListOrder(window.batches[0])) {
            if (m_writer)
                ES_TRY(appendRows(*m_writer, m_routing, window.numTokens, skip, window.firstToken, m_numSites));
        } else {
            std::uint64_t source = 0;
            for (const auto s : window.batches[b]) {
                m_slab.place(m_routing, window.numTokens, m_starts[s] - window.firstToken, source, m_input.lengths[s]);
                source += m_input.lengths[s];
            }
            if (last && m_writer)
                ES_TRY(appendRows(*m_writer, m_slab, window.numTokens, skip, window.firstToken, m_numSites));
        }
        if (last)
            m_done = window.firstToken + window.numTokens;
        return {};
    }

    static bool inListOrder(const std::vector<std::uint32_t>& batch)
    {
        return std::is_sorted(batch.begin(), batch.end());
    }

    const CaptureRequest& m_request;
    const CaptureInput& m_input;
    const std::vector<BatchWindow> m_windows;
    Decoder& m_decoder;
    TraceWriter* m_writer;
    const std::uint16_t m_numSites;
    std::vector<std::uint64_t> m_starts; ///< first token of each sequence
    std::deque<UnderWay> m_underWay;
    PackedBatch m_packed;
    BatchRouting m_routing;
    WindowSlab m_slab;
    std::uint64_t m_done = 0, m_already = 0;
};

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
    DeviceKind device = DeviceKind::Cpu;
    if (request.device == "cuda")
        device = DeviceKind::Cuda;
    else if (request.device != "cpu")
        return fail("unknown device '" + request.device + "'", "--device", "cpu or cuda");
    ES_ASSIGN(const auto sites, parseSiteList(request.sites));
    ES_TRY(checkOutput(request));
    ES_TRY(openDevice(device));

    start.threads = request.threads > 0 ? request.threads : usableCpus();
    start.batchTokens = request.batchTokens > 0 ? request.batchTokens : device == DeviceKind::Cuda ? 16384 : 4096;
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

    moment = Clock::now();
    DecoderOptions options;
    options.device = device;
    options.type = type;
    options.threads = start.threads;
    options.sites = sites;
    options.logits = request.logits;
    options.loss = request.loss;
    options.stop = request.stop;
    ES_ASSIGN(const std::unique_ptr<Decoder> decoder, Decoder::load(checkpoint, options));
    start.loadSeconds = secondsSince(moment);

    TracePlan plan;
    plan.sites = decoder->sites();
    plan.columns = {.weights = true, .entropy = true, .margin = true, .logits = request.logits, .tokenIds = true,
        .predictedIds = request.loss};
    plan.loss = request.loss;
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
        {"router_dtype", decoder->routerType()},
        {"torch", torchVersion()},
        {"threads", std::to_string(start.threads)},
        {"batch_tokens", std::to_string(start.batchTokens)},
        {"batching",
            std::to_string(start.batchTokens) + " tokens, " + std::to_string(windowBatches) + " batches a window"},
        {"attention_path", decoder->attentionPath()},
        {"expert_path", decoder->expertPath()},
        {"tie_rule", "lowest expert id"},
        {"weight_hash", checkpoint.weightHash()},
        {"command_line", request.commandLine},
    };
    if (input.documentsSkipped > 0)
        plan.provenance.attributes["run_prompts_skipped"] = std::to_string(input.documentsSkipped);
    plan.provenance.attributes.insert(input.tokenizer.begin(), input.tokenizer.end());

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

    plan.sequences = input.sequences;
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
    return loop.run(start.tokensDone, events);
}

}
