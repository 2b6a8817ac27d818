// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a checkpoint and prompts to a trace file.
#pragma once

#include "io/base/error.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace expertscope {

/// All that a capture is asked to do. (Interventions on routing will be a member here.)
struct CaptureRequest
{
    std::filesystem::path model; ///< folder in the Hugging Face layout
    std::filesystem::path prompts; ///< see readPrompts()
    bool skipBadPrompts = false; ///< leave out documents that cannot be read instead of failing at the first
    std::filesystem::path output;
    std::string device = "cpu"; ///< cpu | cuda
    std::string dtype = "auto"; ///< see chooseComputeType()
    std::uint64_t batchTokens = 0; ///< tokens computed together; 0 = 4,096 on the CPU, 16,384 on CUDA
    std::uint64_t maxTokens = 0; ///< of all documents together, the last one is cut there; 0 = no limit
    std::uint64_t maxLength = 0; ///< of each document, cut there; 0 = no limit
    bool logits = false;
    bool loss = false; ///< next-token loss, and the token that the model finds likeliest to come next
    std::string sites; ///< ordinals to record: "0-3,7"; empty = all
    int threads = 0; ///< 0 = as many as this process may use
    bool resume = false; ///< go on with what an interrupted capture left
    bool force = false; ///< replace what is at `output`
    bool discard = false; ///< compute, write nothing (to measure what writing costs)
    std::string commandLine;
    const std::atomic<bool>* stop = nullptr; ///< set: give up what is being computed, keep what was
};

/// Known before the first batch.
struct CaptureStart
{
    std::uint64_t tokens = 0, tokensDone = 0; ///< planned; already in the file
    std::uint32_t sequences = 0, sites = 0;
    std::string modelType, device, dtype, torch, attentionPath, expertPath;
    int threads = 0;
    std::uint64_t batchTokens = 0, weightBytes = 0;
    double tokenizeSeconds = 0, loadSeconds = 0;
    std::vector<std::string> warnings;
};

struct CaptureProgress
{
    std::uint64_t tokens = 0, tokensDone = 0; ///< also, by layers, the part of the batch that is being computed
    double seconds = 0; ///< since the first batch
    double tokensPerSecond = 0; ///< of this run
    double secondsLeft = 0;
};

struct CaptureResult
{
    enum class Kept : std::uint8_t
    {
        Nothing, ///< stopped before anything was computed, or nothing was to be kept
        Journal, ///< stopped, and more than can be made a trace of at once; or the file there is another trace
        Trace
    };
    bool complete = false; ///< false: stopped on request
    bool already = false; ///< it was complete before: nothing was done
    Kept kept = Kept::Nothing;
    std::uint64_t tokens = 0, tokensDone = 0, tokensComputed = 0;
    double captureSeconds = 0; ///< from the first batch until the file is closed
    double cpuSeconds = 0; ///< of all threads meanwhile: comparable on a machine that others use too
};

/// Called in the thread of runCapture().
struct CaptureEvents
{
    std::function<void()> opening; ///< before the journal is: from here on there is something for a stop to keep
    std::function<void(const CaptureStart&)> started;
    std::function<void(const CaptureProgress&)> progress;
    std::function<void(const CaptureResult&)> closed; ///< the trace is; before the model is put away
};

Expected<CaptureResult> runCapture(const CaptureRequest& request, const CaptureEvents& events);

/// "0-3,7" -> {0, 1, 2, 3, 7}, ascending, each once.
Expected<std::vector<std::uint16_t>> parseSiteList(const std::string& list);

}
