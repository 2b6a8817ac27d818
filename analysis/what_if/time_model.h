// SPDX-License-Identifier: GPL-3.0-or-later
//
// Modelled times, and they as rows of the results schema (resources/docs/hardware.md lists them).
#pragma once

#include "analysis/cost/model_times.h"
#include "analysis/spine/result.h"
#include "analysis/study/request_text.h"
#include "analysis/what_if/model_sizes.h"

namespace expertscope {

/// All that a modelled time is made of.
struct TimeModel
{
    cost::Machine machine;
    cost::Level level = cost::Level::Overlap;
    ModelSizes sizes;
    cost::StepTally tally;
    cost::ModelledTimes times;
};

/// Before the replay: lets it watch the steps whose times are to be modelled, as many as memory allows for `points`
/// policies x capacities.
void watchFor(
    const TimeRequest& request, simulation::EventSet& events, const simulation::Contract& contract, std::size_t points);
/// The same, whatever is to be modelled.
void watchFor(simulation::EventSet& events, const simulation::Contract& contract, std::size_t points);
/// After it. `tokens`: of the counted steps; 0: not known. The request must name a machine.
TimeModel timeModelOf(const TimeRequest& request, const ModelSizes& sizes, const simulation::EventSet& events,
    const simulation::Contract& contract, const std::vector<simulation::PolicyResult>& policies, std::uint64_t tokens);

/// "level 2 (…)": what a level knows of the machine.
std::string levelText(cost::Level level);

/// The machine, and the times of a model on it, in full; `tokens`: of an expert in an event, mean.
std::string machineText(const cost::Machine& machine);
std::string modelText(const cost::Machine& machine, const ModelSizes& sizes, double tokens, double tokensAStep);
std::string modelText(const TimeModel& model);
/// Of how many steps the percentiles are.
std::string percentileText(const cost::StepTally& tally);

/// What is modelled, in full, as name-value pairs for files of results.
NamedTexts describe(const TimeModel& model);

/// Rows of each policy and capacity: those of the sites, then those of the whole model. `params`: of every row; policy,
/// capacity, level, hardware and time ("modelled") are added.
std::vector<ResultRow> timeRows(const TimeModel& model, const std::vector<simulation::PolicyResult>& policies,
    const std::map<std::string, ParameterValue>& params);

}
