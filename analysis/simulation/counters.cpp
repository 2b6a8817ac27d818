// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/counters.h"

namespace expertscope::simulation {

Counters& Counters::operator+=(const Counters& other)
{
    events += other.events;
    requests += other.requests;
    assignments += other.assignments;
    hits += other.hits;
    assignmentHits += other.assignmentHits;
    compulsory += other.compulsory;
    evictions += other.evictions;
    overflows += other.overflows;
    if (missesPerEvent.size() < other.missesPerEvent.size())
        missesPerEvent.resize(other.missesPerEvent.size());
    for (std::size_t j = 0; j < other.missesPerEvent.size(); ++j)
        missesPerEvent[j] += other.missesPerEvent[j];
    return *this;
}

Counters PoolCurve::total(std::size_t capacity) const
{
    Counters sum;
    for (const Counters& site : sites[capacity])
        sum += site;
    return sum;
}

}
