// SPDX-License-Identifier: GPL-3.0-or-later
//
// The metrics, one function a family, each in a file of its own; registry.cpp lists them.
#pragma once

#include "analysis/accumulator.h"

namespace expertscope {

MetricSpec loadMetric();
MetricSpec balanceMetric();
MetricSpec routerEntropyMetric();
MetricSpec topKMassMetric();
MetricSpec marginMetric();
MetricSpec specialisationMetric();
MetricSpec repetitionMetric();

}
