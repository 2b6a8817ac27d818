// SPDX-License-Identifier: GPL-3.0-or-later
//
// A model that is looked at without running it: a checkpoint, or its config.json alone.
#pragma once

#include "analysis/hardware/model_config.h"
#include "io/checkpoint/checkpoint.h"

#include <filesystem>
#include <optional>
#include <utility>

namespace expertscope::inspect {

struct Subject
{
    std::filesystem::path path; ///< as given
    std::string modelType; ///< as the config says, known here or not
    std::optional<ArchSpec> arch; ///< none: a capture refuses the config
    std::optional<Checkpoint> checkpoint; ///< none: a capture refuses the files, or only a config was named
    std::optional<Error> refusal; ///< what a capture would end with
    /// Of a config that is refused: what it says all the same, by words that published configs use.
    std::vector<std::pair<std::string, std::string>> facts;
};

/// A folder, or a config.json. An error where there is nothing to tell of: no such file, no JSON object. All that a
/// capture would refuse is told in `refusal`.
Expected<Subject> openSubject(const std::filesystem::path& path);

}
