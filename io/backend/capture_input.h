// SPDX-License-Identifier: GPL-3.0-or-later
//
// Prompts as token ids: the first half of a capture. No LibTorch.
#pragma once

#include "io/backend/capture.h"
#include "io/backend/thread_pool.h"
#include "io/trace/trace_writer.h"

#include <optional>

namespace expertscope {

struct CaptureInput
{
    std::vector<PlannedSequence> sequences;
    std::vector<std::uint32_t> lengths;
    std::uint64_t numTokens = 0;
    std::map<std::int32_t, std::string> vocabulary; ///< of the ids that occur; empty without a tokenizer
    std::map<std::string, std::string>
        tokenizer; ///< for the provenance: hashes of its files, tables, notes; empty: none
    std::vector<std::string> tokenizerNotes; ///< Tokenizer::notes()
    std::vector<std::string> promptNotes; ///< how the prompts were read, what was left out and why; a line each
    std::uint64_t documentsSkipped = 0; ///< that could not be read
    std::uint64_t documentsCut = 0;
};

/// Reads the prompts, tokenises text (special tokens added as the tokenizer says), applies the limits. Every id is
/// below `vocabularySize`; no sequence is empty: documents without a token are left out.
Expected<CaptureInput> readCaptureInput(const CaptureRequest& request, std::int64_t vocabularySize, ThreadPool& pool);

}
