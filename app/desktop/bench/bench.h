// SPDX-License-Identifier: GPL-3.0-or-later
//
// `expertscope-desktop --bench FILE`: drives the window as a user would and measures how long it lets him wait.
#pragma once

#include "io/base/error.h"

#include <QString>
#include <QStringList>

#include <functional>
#include <vector>

namespace expertscope {

class MainWindow;

/// Times of one kind of frame: from the event until it is painted.
struct FrameTimes
{
    QString name; ///< "pan", "zoom", "hover", …
    std::vector<double> milliseconds;

    double quantile(double share) const; ///< of a list that is not empty
};

struct BenchResult
{
    QStringList traces;
    std::uint64_t tokens = 0;
    std::size_t sites = 0;
    double window = 0; ///< seconds from the start of the process to its first picture of the window
    double firstPicture = 0; ///< seconds from asking for the trace to its map, maybe
    std::uint32_t sample = 0; ///< of so many sequences, before all were counted
    double allPictures = 0; ///< … to all that is shown
    std::vector<FrameTimes> frames;
    std::vector<double> filterFirst; ///< milliseconds from a filter to the first change of the map
    std::vector<double> filterAll; ///< … to all that is shown
    double cancel = 0; ///< milliseconds from Esc until nothing computes any more
    double whatIfFirst = 0; ///< seconds from showing the cache what-if to its first curves, maybe of a sample
    double whatIfAll = 0; ///< … to those of all tokens; 0: nobody waited so long
    double peakMiB = 0;
};

/// Times of this process: since it was started; its largest memory.
double secondsSinceStart();
double peakMemoryMiB();

/// `painted`: secondsSinceStart() when the window was painted first, 0 before. Errors: the trace cannot be opened, or
/// drawn.
Expected<BenchResult> runBench(MainWindow& window, const QStringList& traces, const std::function<double()>& painted);

QByteArray benchText(const BenchResult& result);
QByteArray benchJson(const BenchResult& result);

}
