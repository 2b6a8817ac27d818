// SPDX-License-Identifier: GPL-3.0-or-later
//
// An analysis in parts, for clusters: each part is analysed somewhere, then all are merged in one place.
#pragma once

#include "analysis/study/shard_file.h"

namespace expertscope {

/// Analyses a part of the first trace of a study. Errors: those of Study::metrics(); metrics that cannot be split.
Expected<ShardFile> analyseShard(
    const Study& study, const CheckedRequest& checked, Shard shard, const Progress& progress = {});

/// The first of the parts, without its state, when all parts of one analysis are there. Reads every part but keeps one
/// state at a time. Errors: those of readShardFile(); parts of different analyses, twice the same, missing ones.
Expected<ShardFile> checkParts(const std::vector<std::filesystem::path>& parts);

/// What the parts were asked for.
Expected<CheckedRequest> requestOf(const ShardFile& part);

/// Results of all parts (checked) over the first trace of a study. Errors: another trace than that of the parts; a
/// state that does not fit.
Expected<Results> mergeParts(const Study& study, const CheckedRequest& checked, const ShardFile& first,
    const std::vector<std::filesystem::path>& parts);

}
