// SPDX-License-Identifier: GPL-3.0-or-later
//
// All that is told of a model without running it.
#pragma once

#include "analysis/inspect/expert_geometry.h"
#include "analysis/inspect/fit.h"
#include "analysis/inspect/router_geometry.h"

#include <functional>

namespace expertscope::inspect {

struct Options
{
    std::filesystem::path model; ///< a folder, or a config.json
    std::vector<std::string> hardware; ///< as --hardware of simulate cache takes it; empty: standardMachines()
    std::uint64_t context = 4096; ///< tokens whose keys and values are kept
    bool experts = false; ///< read the experts, too: the whole checkpoint
    unsigned threads = 0; ///< for that; 0: as many as this process may use
};

struct Question
{
    Options asked;
    std::vector<cost::Machine> machines;
};
/// Errors are wrong uses.
Expected<Question> checkInspect(const Options& options);

/// A few cards, by name.
const std::vector<std::string>& standardMachines();

/// A capture with standard options on this machine.
struct CaptureHere
{
    std::string cpu;
    int threads = 0;
    std::uint64_t memory = 0; ///< bytes; 0: not known
    std::uint64_t batchTokens = 0;
    double weights = 0; ///< bytes, in fp32: a capture loads them whole
    bool fits() const { return memory == 0 || weights < double(memory); }
};

struct Answer
{
    Question question;
    Subject subject;
    // Where the config is understood:
    std::optional<Sizes> sizes;
    CaptureHere here;
    std::vector<Fit> fits;
    std::vector<RouterGeometry> routers; ///< where the files are at hand; one a site
    std::vector<ExpertGeometry> experts; ///< where they were asked for, too; one a site
};
/// `progress`: of 1, maybe null. Errors: those of openSubject() and of reading.
Expected<Answer> inspectModel(const Question& question, const std::function<bool(double)>& progress = {});

}
