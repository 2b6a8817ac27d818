// SPDX-License-Identifier: GPL-3.0-or-later
//
// The state of one part of an analysis, as it travels from a node of a cluster to where the parts are merged
// (resources/docs/results-format.md, "Partial files").
#pragma once

#include "analysis/study/request_text.h"
#include "io/base/output.h"

#include <filesystem>
#include <string>

namespace expertscope {

struct ShardFile
{
    std::string program; ///< version that wrote it
    AnalysisOptions options; ///< what was asked for, metrics one by one
    bool named = false; ///< CheckedRequest::named
    Shard shard;
    std::filesystem::path trace; ///< as it was named then
    std::string uuid; ///< of the trace
    std::string fingerprint;
    std::string state; ///< Analysis::save()
};

FileKind shardKind();
/// Errors: those of an output.
Expected<void> writeShardFile(const Output& output, const ShardFile& shard);
/// Errors: no such file, none of ours, cut short, damaged, of another version of the program.
Expected<ShardFile> readShardFile(const std::filesystem::path& path);

}
