// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/session/expert_sets.h"

#include <algorithm>

namespace expertscope {

QStringList ExpertSets::names() const
{
    QStringList names;
    for (const auto& [name, set] : m_sets)
        names << QString::fromStdString(name);
    return names;
}

const ExpertSet* ExpertSets::find(const QString& name) const
{
    const auto found = m_sets.find(name.toStdString());
    return found == m_sets.end() ? nullptr : &found->second;
}

Expected<void> ExpertSets::add(const QString& name, const std::vector<ExpertAt>& experts)
{
    const QString trimmed = name.trimmed();
    if (trimmed.isEmpty() || trimmed.contains('#'))
        return fail("a name of a set must be a text without '#'", trimmed.toStdString());
    if (experts.empty())
        return fail("a set needs an expert", trimmed.toStdString(), "pin some first");
    ExpertSet& set = m_sets[trimmed.toStdString()];
    set.name = trimmed.toStdString();
    for (const ExpertAt& expert : experts) {
        if (std::ranges::find(set.experts, expert) == set.experts.end())
            set.experts.push_back(expert);
    }
    emit changed();
    return {};
}

void ExpertSets::remove(const QString& name)
{
    if (m_sets.erase(name.toStdString()) > 0)
        emit changed();
}

void ExpertSets::clear()
{
    if (m_sets.empty())
        return;
    m_sets.clear();
    emit changed();
}

void ExpertSets::merge(const NamedExpertSets& sets)
{
    if (sets.empty())
        return;
    for (const auto& [name, set] : sets)
        m_sets[name] = set;
    emit changed();
}

Expected<void> ExpertSets::read(const QString& path)
{
    ES_ASSIGN(const NamedExpertSets sets, readExpertSets(path.toStdString()));
    merge(sets);
    return {};
}

Expected<void> ExpertSets::write(const QString& path, bool replace) const
{
    if (m_sets.empty())
        return fail("there are no sets to write", path.toStdString());
    return writeOutput({path.toStdString(), expertSetsKind(), {}, replace}, expertSetsJson(m_sets));
}

}
