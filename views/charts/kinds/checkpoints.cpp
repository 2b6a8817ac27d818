// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/checkpoints.h"

#include "views/charts/wording.h"

#include <QRegularExpression>

namespace expertscope {

Checkpoints checkpointsOf(const Study& study)
{
    static const QRegularExpression pattern("^(.*?)[-_. ]?(\\d+)$");
    Checkpoints counted{{}, "Checkpoint"}, numbered;
    QString word;
    double last = -1;
    bool rises = true;
    for (const NamedTrace& trace : study.traces()) {
        const auto match = pattern.match(QString::fromStdString(trace.name).section('/', -1));
        const double number = match.captured(2).toDouble();
        rises = rises && match.hasMatch() && number > last && (last < 0 || match.captured(1) == word);
        word = match.captured(1);
        last = number;
        numbered.places[trace.name] = number;
        counted.places.emplace(trace.name, double(counted.places.size() + 1));
    }
    numbered.units = last >= 2e6 ? 1e6 : last >= 2e4 ? 1e3 : 1;
    const QString many = numbered.units == 1e6 ? "million " : numbered.units == 1e3 ? "thousand " : "";
    numbered.title =
        word.isEmpty() && many.isEmpty() ? "Checkpoint" : "Checkpoint " + unbroken('(' + (many + word).trimmed() + ')');
    Checkpoints& checkpoints = rises ? numbered : counted;
    checkpoints.first = checkpoints.places.at(study.traces().front().name);
    checkpoints.last = checkpoints.places.at(study.traces().back().name);
    return checkpoints;
}

}
