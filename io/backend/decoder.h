// SPDX-License-Identifier: GPL-3.0-or-later
//
// The one decoder: layers that mix tokens (attention, delta nets, state spaces, convolutions) and layers of experts between
// them, told by an ArchSpec.
// No LibTorch in this header.
#pragma once

#include "io/backend/device.h"
#include "io/checkpoint/checkpoint.h"
#include "io/trace/routing.h"

#include <atomic>
#include <functional>
#include <memory>
#include <span>

namespace expertscope {

struct DecoderOptions
{
    DeviceKind device = DeviceKind::Cpu;
    ComputeType type = ComputeType::Float32;
    int threads = 1;
    std::vector<std::uint16_t> sites; ///< ordinals of ArchSpec::sites to record, ascending; empty = all
    bool entropy = true, margin = true, logits = false;
    bool loss = false; ///< next-token loss and prediction: needs the final norm and the lm_head
    bool hidden = false; ///< hidden states before the last norm (tests)
    bool generic = false; ///< fp32 on the CPU through ATen operators, not our fused loops (tests)
    std::uint64_t partTokens = 4096; ///< a longer batch (a long document) is computed in parts of so many tokens
    const std::atomic<bool>* stop = nullptr; ///< gives up loading, and the batch that is being computed
    std::function<void(double)> advanced; ///< the fraction of a batch that is done, layer by layer, within submit()
};

/// Whole sequences, one after the other.
struct PackedBatch
{
    std::vector<std::int32_t> tokenIds; ///< [T]
    std::vector<std::uint32_t> lengths; ///< sums to T; none is 0
};

/// What a batch's routers did, [token, recorded site, slot] row-major.
struct BatchRouting
{
    std::uint32_t numTokens = 0;
    std::vector<std::uint16_t> expertIds; ///< [T, M, K]
    std::vector<float> weights; ///< [T, M, K], NaN where no expert
    std::vector<float> entropy, margin; ///< [T, M] or empty
    std::vector<float> logits; ///< [T, M, E max] or empty; NaN beyond a site's E
    std::vector<float> loss; ///< [T] or empty; NaN at a sequence's last token
    std::vector<std::int32_t> predictedIds; ///< [T] or empty; the likeliest next token
    std::vector<float> hidden; ///< [T, H] or empty
};

/// The sites of these ordinals, ascending, all where none is given; an error names those that there are.
Expected<std::vector<Site>> recordedSites(const ArchSpec& arch, const std::vector<std::uint16_t>& ordinals);

class Decoder
{
public:
    /// Loads what is needed to record these sites. openDevice() comes first.
    static Expected<std::unique_ptr<Decoder>> load(const Checkpoint& checkpoint, const DecoderOptions& options);
    ~Decoder();

    /// Starts a batch. At most two may be under way; results come in order. On the CPU all is done on return. False: a
    /// stop was asked for, and the batch given up.
    Expected<bool> submit(const PackedBatch& batch);
    /// Waits for the oldest batch under way. `out` gives its memory back for the next one. False: stopped before it was
    /// there.
    Expected<bool> collect(BatchRouting& out);

    const std::vector<Site>& sites() const; ///< those recorded
    std::uint16_t numSlots() const; ///< K
    std::uint16_t maxExperts() const;
    std::uint64_t weightBytes() const; ///< in memory
    int threads() const; ///< those that could be started
    /// How it is computed, for provenance: "fused avx512", "grouped_mm", …
    std::string expertPath() const;
    std::string attentionPath() const;
    std::string routerType() const;

private:
    struct Private;
    explicit Decoder(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

}
