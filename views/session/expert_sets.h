// SPDX-License-Identifier: GPL-3.0-or-later
//
// Experts under a name: "german" is pinned, kept or dropped like one expert, and kept in a file that the command line
// reads too (--chose set:FILE#german).
#pragma once

#include "analysis/study/expert_sets.h"

#include <QObject>
#include <QStringList>

namespace expertscope {

class ExpertSets final : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    const NamedExpertSets& sets() const { return m_sets; }
    QStringList names() const;
    /// Null: there is no such set.
    const ExpertSet* find(const QString& name) const;

    /// Adds experts to a set, which is made where it is not there yet; each once. Error: a name that is empty or holds
    /// '#', which would end the name of the file on the command line.
    Expected<void> add(const QString& name, const std::vector<ExpertAt>& experts);
    void remove(const QString& name);
    void clear();

    /// Sets of the same names are replaced, the others stay.
    void merge(const NamedExpertSets& sets);
    /// merge() of a file's. Errors: those of readExpertSets().
    Expected<void> read(const QString& path);
    /// Errors: no set; those of writeOutput(). Replaces a file of sets; anything else only with `replace`.
    Expected<void> write(const QString& path, bool replace) const;

signals:
    void changed();

private:
    NamedExpertSets m_sets;
};

}
