// SPDX-License-Identifier: GPL-3.0-or-later
//
// A kind of picture. One file in views/charts and one line in registry.cpp give it: the command line's options, keys of
// the figure spec, option panel, undo, keeping, filters, hover, linked marks, copy, CSV, figures, a docked view. It
// knows neither QCustomPlot nor a widget.
//
//     Study --compute: worker, cancellable--> ChartData --draw: < 16 ms--> Chart { picture, subjects, readout, csv }
#pragma once

#include "analysis/spine/parameters.h"
#include "analysis/study/study.h"
#include "views/charts/subject.h"
#include "views/paint/picture.h"

#include <QByteArray>
#include <QString>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace expertscope {

/// What is asked of a study for a chart.
struct ChartQuestion
{
    std::size_t trace = 0; ///< of the study; charts of curves may draw all of them
    Scope scope = {};
    Parameters params = {}; ///< checked against ChartSpec::options
};

/// What compute() found, apart from how it is drawn; each chart has its own.
class ChartData
{
public:
    virtual ~ChartData() = default;
};
using ChartDataPtr = std::shared_ptr<const ChartData>;

/// A chart of certain data with certain options. Immutable; usable from any thread.
class Chart
{
public:
    virtual ~Chart() = default;

    virtual PicturePtr picture() const = 0;
    /// What a mark is about; nothing where there is nothing (a cell of an expert that this layer does not have).
    virtual std::optional<Subject> subject(const Mark& mark) const = 0;
    /// Where a subject is seen: every mark whose subject agrees with it in all that both name; may be many, may be
    /// none.
    virtual std::vector<Mark> marks(const Subject& subject) const = 0;
    /// Where, what, value (uniform), n: one line; never empty where subject() is something.
    virtual QString readout(const Mark& mark) const = 0;
    /// Exactly the numbers that are drawn, one record a mark, under '#' lines that say what made them.
    virtual QByteArray csv() const = 0;
};
using ChartPtr = std::shared_ptr<const Chart>;

/// One list serves the command line, the figure spec and the option panel.
struct ChartOption : ParameterSpec
{
    QString title; ///< beside its control
    bool computes = false; ///< asks for other data; else only for another drawing of the same
    bool list = false; ///< Choices: several words, with '/' between; else exactly one
};

/// A key of a chart's own, in the window.
struct ChartKey
{
    QString key, meaning; ///< as it is typed: "["
    /// The options that it changes, and to what, given what they are and what was pinned last; empty: nothing now.
    std::function<std::map<std::string, std::string>(const Parameters&, const Subject& pinned)> press;
};

struct ChartSpec
{
    std::string name; ///< `expertscope figure NAME`
    QString title; ///< of its view
    QString definition; ///< one line: what is drawn
    std::vector<ChartOption> options = {};
    std::vector<ChartKey> keys = {};
    std::vector<std::string> ofCache = {}; ///< of "policy", "capacity": in the window they follow the cache what-if
    /// What compute() will ask Study::metrics for, so that charts shown together share one pass; may be null.
    std::function<std::vector<MetricRequest>(const Parameters&)> metrics = {};
    /// Errors: those of the study; a chart that cannot be drawn of such a trace or scope says by name why.
    std::function<Expected<ChartDataPtr>(const Study&, const ChartQuestion&, const Progress&)> compute;
    /// Fills in what `look` leaves open.
    std::function<Expected<ChartPtr>(const ChartDataPtr&, const Parameters&, Look& look)> draw;
};

/// All charts; one line each in registry.cpp.
const std::vector<ChartSpec>& chartRegistry();
/// What all charts ask of the metrics with their standard options, each request once, behind those of `before`: asked
/// in one pass, each chart finds its own.
std::vector<MetricRequest> metricsOfCharts(std::vector<MetricRequest> before = {});
/// Error: no such chart; names those there are.
Expected<const ChartSpec*> findChart(const std::string& name);

/// Values for the options of a chart. Errors: those of Parameters::check().
Expected<Parameters> checkOptions(const ChartSpec& spec, const std::map<std::string, std::string>& given);

}
