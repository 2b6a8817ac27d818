// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/session/subject_text.h"

#include "analysis/study/condition.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

QString subjectText(const Subject& subject, const RoutingShape& shape)
{
    QStringList parts;
    if (subject.site && std::size_t(*subject.site) < shape.sites.size())
        parts << siteText(shape, *subject.site).toLower();
    if (subject.expert)
        parts << QString("expert %1").arg(subject.expert->value);
    const bool known = subject.sequence && std::size_t(*subject.sequence) < shape.sequences.size();
    if (known) {
        const Sequence& sequence = shape.sequences[std::size_t(*subject.sequence)];
        QString text = sequenceText(shape, *subject.sequence);
        if (subject.token)
            text += " : " + countText(subject.token->value - sequence.begin.value); // counted from its first
        parts << text;
    } else if (subject.token) {
        parts << QString("token %1").arg(countText(subject.token->value));
    }
    if (subject.label)
        parts << QString::fromStdString(conditionText(*subject.label));
    return joinedReadout(parts);
}

bool fits(const Subject& subject, const RoutingShape& shape)
{
    if (subject.site && std::size_t(*subject.site) >= shape.sites.size())
        return false;
    if (subject.expert && subject.site && subject.expert->value >= shape.sites[std::size_t(*subject.site)].numExperts)
        return false;
    if (subject.sequence && std::size_t(*subject.sequence) >= shape.sequences.size())
        return false;
    if (subject.token && subject.token->value >= shape.numTokens)
        return false;
    if (!subject.label)
        return true;
    const Label* label = shape.label(subject.label->label);
    return label && std::ranges::find(label->values, subject.label->value) != label->values.end();
}

}
