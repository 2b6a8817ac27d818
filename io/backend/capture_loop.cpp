// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/capture_loop.h"

#include <algorithm>
#include <cstring>
#include <ctime>

namespace expertscope {

namespace {

constexpr std::uint64_t kAppendTokens = 4096; ///< handed to the writer, which copies them, at a time
/// A journal that is made a trace of within the time that a stop may take.
constexpr std::uint64_t kQuickBytes = 128u << 20;

/// Of all threads of this process.
double cpuSeconds()
{
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

template <class T>
void placeColumn(std::vector<T>& to, const std::vector<T>& from, std::uint64_t windowTokens, std::uint64_t batchTokens,
    std::uint64_t target, std::uint64_t source, std::uint64_t count)
{
    if (from.empty())
        return;
    const std::uint64_t width = from.size() / batchTokens;
    to.resize(windowTokens * width);
    std::memcpy(to.data() + target * width, from.data() + source * width, count * width * sizeof(T));
}

bool inListOrder(const std::vector<std::uint32_t>& batch)
{
    return std::is_sorted(batch.begin(), batch.end());
}

}

void WindowSlab::place(const BatchRouting& batch, std::uint64_t windowTokens, std::uint64_t target,
    std::uint64_t source, std::uint64_t count)
{
    const auto column = [&](auto& to, const auto& from) {
        placeColumn(to, from, windowTokens, batch.numTokens, target, source, count);
    };
    column(expertIds, batch.expertIds);
    column(weights, batch.weights);
    column(entropy, batch.entropy);
    column(margin, batch.margin);
    column(logits, batch.logits);
    column(loss, batch.loss);
    column(predictedIds, batch.predictedIds);
}

CaptureLoop::CaptureLoop(const CaptureRequest& request, const CaptureInput& input, std::vector<BatchWindow> windows,
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

Expected<CaptureResult> CaptureLoop::run(std::uint64_t tokensDone, const CaptureEvents& events)
{
    m_done = m_already = tokensDone;
    m_events = &events;
    m_started = Clock::now();
    const double cpuStarted = cpuSeconds();
    ES_TRY(compute(tokensDone));
    CaptureResult result;
    result.tokens = m_input.numTokens;
    result.tokensDone = m_done;
    result.tokensComputed = m_computed;
    result.complete = m_done == m_input.numTokens;
    if (m_writer) {
        ES_ASSIGN(result.kept, close(result.complete));
    }
    result.captureSeconds = secondsSince(m_started);
    result.cpuSeconds = cpuSeconds() - cpuStarted;
    return result;
}

Expected<void> CaptureLoop::compute(std::uint64_t tokensDone)
{
    bool goOn = true;
    const auto wanted = [&] { return goOn && !(m_request.stop && *m_request.stop); };
    for (std::size_t w = 0; w < m_windows.size() && wanted(); ++w) {
        const BatchWindow& window = m_windows[w];
        // A window that is partly in the file is computed again whole: batches stay what they were.
        if (window.firstToken + window.numTokens <= tokensDone)
            continue;
        for (std::size_t b = 0; b < window.batches.size() && wanted(); ++b) {
            ES_ASSIGN(goOn, m_decoder.submit(pack(window.batches[b])));
            if (!goOn)
                break;
            m_computed += m_packed.tokenIds.size();
            m_underWay.push_back({w, b});
            if (m_underWay.size() == 2) {
                ES_ASSIGN(goOn, take());
                report();
            }
        }
    }
    // What is under way is there soon; unless a stop does not leave the time.
    for (bool there = true; there && !m_underWay.empty();) {
        ES_ASSIGN(there, take());
        report();
    }
    return {};
}

const PackedBatch& CaptureLoop::pack(const std::vector<std::uint32_t>& sequences)
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

/// Fetches the oldest batch; with the last one of a window its rows go to the writer. False: stopped before it was
/// there.
Expected<bool> CaptureLoop::take()
{
    const auto [w, b] = m_underWay.front();
    m_underWay.pop_front();
    const BatchWindow& window = m_windows[w];
    ES_ASSIGN(const bool there, m_decoder.collect(m_routing));
    if (!there)
        return false;
    const bool last = b + 1 == window.batches.size();
    const std::uint64_t skip = m_done > window.firstToken ? m_done - window.firstToken : 0;
    if (window.batches.size() == 1 && inListOrder(window.batches[0])) {
        if (m_writer)
            ES_TRY(append(m_routing, window.numTokens, skip, window.firstToken));
    } else {
        std::uint64_t source = 0;
        for (const auto s : window.batches[b]) {
            m_slab.place(m_routing, window.numTokens, m_starts[s] - window.firstToken, source, m_input.lengths[s]);
            source += m_input.lengths[s];
        }
        if (last && m_writer)
            ES_TRY(append(m_slab, window.numTokens, skip, window.firstToken));
    }
    if (last)
        m_done = window.firstToken + window.numTokens;
    return true;
}

/// Hands rows [skip, n) of a window to the writer.
template <class Slab>
Expected<void> CaptureLoop::append(const Slab& from, std::uint64_t n, std::uint64_t skip, std::uint64_t firstToken)
{
    for (std::uint64_t first = skip; first < n; first += kAppendTokens) {
        const std::uint64_t count = std::min(kAppendTokens, n - first);
        const auto rows = [&](const auto& column) {
            const std::span all(column);
            const std::size_t width = column.size() / n;
            return column.empty() ? all : all.subspan(first * width, count * width);
        };
        RoutingSlab slab;
        slab.numSites = m_numSites;
        slab.firstToken = firstToken + first;
        slab.numTokens = static_cast<std::uint32_t>(count);
        slab.expertIds = rows(from.expertIds);
        slab.weights = rows(from.weights);
        slab.entropy = rows(from.entropy);
        slab.margin = rows(from.margin);
        slab.logits = rows(from.logits);
        slab.loss = rows(from.loss);
        slab.predictedIds = rows(from.predictedIds);
        ES_TRY(m_writer->append(slab));
    }
    return {};
}

/// A stop leaves what --resume can go on with, as a trace where that is quickly made and takes no other one's place.
Expected<CaptureResult::Kept> CaptureLoop::close(bool complete)
{
    using Kept = CaptureResult::Kept;
    if (!complete && m_done == 0) {
        m_writer->giveUp();
        return Kept::Nothing;
    }
    std::error_code ignored;
    const bool another = !m_request.resume && std::filesystem::exists(m_request.output, ignored);
    if (!complete && (another || m_writer->journalBytes() > kQuickBytes)) {
        ES_TRY(m_writer->suspend());
        return Kept::Journal;
    }
    ES_TRY(m_writer->finish(complete));
    return Kept::Trace;
}

void CaptureLoop::advanced(double fraction)
{
    // What was submitted before is done, but not taken yet.
    std::uint64_t within = 0;
    for (const auto& [w, b] : m_underWay) {
        for (const auto s : m_windows[w].batches[b])
            within += m_input.lengths[s];
    }
    report(within + static_cast<std::uint64_t>(fraction * static_cast<double>(m_packed.tokenIds.size())));
}

void CaptureLoop::report(std::uint64_t within)
{
    if (!m_events->progress)
        return;
    CaptureProgress p;
    p.tokens = m_input.numTokens;
    p.tokensDone = std::min(p.tokens, m_done + within);
    p.seconds = secondsSince(m_started);
    p.tokensPerSecond = p.seconds > 0 ? static_cast<double>(p.tokensDone - m_already) / p.seconds : 0;
    p.secondsLeft = p.tokensPerSecond > 0 ? static_cast<double>(p.tokens - p.tokensDone) / p.tokensPerSecond : 0;
    m_events->progress(p);
}

}
