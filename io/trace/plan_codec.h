// SPDX-License-Identifier: GPL-3.0-or-later
//
// A plan as bytes (the journal's first record) and as fingerprints (is this the same capture?).
#pragma once

#include "io/trace/trace_writer.h"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace expertscope {

/// A plan with the identity that its trace gets.
struct PlanRecord
{
    TracePlan plan;
    std::string uuid; ///< RFC 4122, version 4
    std::string created; ///< ISO 8601, UTC
};

/// Takes encoded bytes, piece after piece.
using ByteSink = std::function<void(std::span<const std::byte>)>;

/// Piece by piece, because the token ids of a long trace are hundreds of megabytes.
void encodePlan(const PlanRecord& record, const ByteSink& sink);
Expected<PlanRecord> decodePlan(std::span<const std::byte> bytes, const std::string& where);

/// All text as the file can hold it: see cleanText().
TracePlan cleaned(TracePlan plan);
/// A new random uuid and the time of now.
PlanRecord newRecord(TracePlan plan);

/// FNV-1a 64 of the parts of a plan as 16 hexadecimal digits. What cannot change the routing (command line, threads,
/// host) counts for nothing, so that a capture may go on elsewhere.
struct PlanFingerprint
{
    std::string sites, sequences, columns, model;
    /// "the sites", "the prompts", …: the first part that differs; empty when none does.
    std::string difference(const PlanFingerprint& other) const;
};
PlanFingerprint fingerprint(const TracePlan& plan);
/// Is a provenance attribute one of those that count?
bool decidesRouting(const std::string& attribute);

}
