// SPDX-License-Identifier: GPL-3.0-or-later
//
// The capture proper: batches through the decoder, two under way, rows to the writer in the list's order.
#pragma once

#include "io/backend/batching.h"
#include "io/backend/capture_input.h"
#include "io/backend/decoder.h"
#include "io/backend/stopwatch.h"

#include <deque>

namespace expertscope {

/// Columns of a window, [token, …], filled batch by batch in another order than the trace's.
struct WindowSlab
{
    std::vector<std::uint16_t> expertIds;
    std::vector<float> weights, entropy, margin, logits, loss;
    std::vector<std::int32_t> predictedIds;

    /// `count` rows of a batch from `source` on; they are the window's from `target` on.
    void place(const BatchRouting& batch, std::uint64_t windowTokens, std::uint64_t target, std::uint64_t source,
        std::uint64_t count);
};

class CaptureLoop
{
public:
    /// `writer` null: nothing is kept.
    CaptureLoop(const CaptureRequest& request, const CaptureInput& input, std::vector<BatchWindow> windows,
        Decoder& decoder, TraceWriter* writer);

    /// `tokensDone` are in the journal already. Closes the trace.
    Expected<CaptureResult> run(std::uint64_t tokensDone, const CaptureEvents& events);
    /// Within a batch: `fraction` of it is done.
    void advanced(double fraction);

private:
    struct UnderWay
    {
        std::size_t window, batch;
    };

    Expected<void> compute(std::uint64_t tokensDone);
    const PackedBatch& pack(const std::vector<std::uint32_t>& sequences);
    Expected<bool> take();
    template <class Slab>
    Expected<void> append(const Slab& from, std::uint64_t n, std::uint64_t skip, std::uint64_t firstToken);
    Expected<CaptureResult::Kept> close(bool complete);
    void report(std::uint64_t within = 0);

    const CaptureRequest& m_request;
    const CaptureInput& m_input;
    const std::vector<BatchWindow> m_windows;
    Decoder& m_decoder;
    TraceWriter* const m_writer;
    const std::uint16_t m_numSites;
    std::vector<std::uint64_t> m_starts; ///< first token of each sequence
    std::deque<UnderWay> m_underWay;
    PackedBatch m_packed;
    BatchRouting m_routing;
    WindowSlab m_slab;
    std::uint64_t m_done = 0, m_already = 0, m_computed = 0; ///< tokens
    const CaptureEvents* m_events = nullptr;
    Clock::time_point m_started;
};

}
