// SPDX-License-Identifier: GPL-3.0-or-later
//
// Experts as text, the same on the command line (--chose, --spared), in figure specs, in results and in files of named
// sets (resources/docs/selection.md):
//
//     5:27            expert 27 of layer 5, by the model's own number; where a layer has several routers, of each
//     s3:27           expert 27 of the router at place 3 of the trace
//     5:27|5:30|6:1   any of these
//     set:FILE#NAME   any of a named set of a file; of its only one without #NAME
#pragma once

#include "analysis/study/scope.h"
#include "io/base/output.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace expertscope {

/// Errors are wrong uses of `option`, or say what is wrong with the file of a set.
Expected<ExpertSet> parseExperts(const std::string& text, const std::string& option);
/// The other way round; a set tells its experts, not its name.
std::string expertsText(const ExpertSet& set);
/// What a scope asks of experts, one option --chose, or --spared, each.
std::vector<std::string> expertTexts(const std::vector<ExpertAt>& single, const std::vector<ExpertSet>& sets);

/// By name; none is empty, and each name a text without '#'.
using NamedExpertSets = std::map<std::string, ExpertSet>;

/// A file of sets, JSON: {"format": "expertscope-expert-sets", "sets": {"german": ["5:27", "6:1"]}}.
FileKind expertSetsKind();
std::string expertSetsJson(const NamedExpertSets& sets);
Expected<NamedExpertSets> parseExpertSets(std::string_view json, const std::string& where);
Expected<NamedExpertSets> readExpertSets(const std::filesystem::path& path);

}
