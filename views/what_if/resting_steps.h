// SPDX-License-Identifier: GPL-3.0-or-later
//
// A value that is changed by hand as steps to undo: a drag, or keys that follow each other, are one step.
#pragma once

#include <QObject>
#include <QPointer>
#include <QTimer>
#include <QUndoCommand>
#include <QUndoStack>

#include <functional>
#include <utility>

namespace expertscope {

template <class Value> class RestingSteps
{
public:
    /// `set` shows a value; it is called for as long as `owner`, which holds this, is there.
    RestingSteps(QObject* owner, QUndoStack& undo, std::function<void(const Value&)> set)
        : m_owner(owner)
        , m_undo(undo)
        , m_set(std::move(set))
    {
        m_rest.setSingleShot(true);
        m_rest.setInterval(kRestMs);
        QObject::connect(&m_rest, &QTimer::timeout, owner, [this] { settle(); });
    }

    /// At once; a step when it rests, or when another thing than `what` is changed.
    void change(const Value& value, const QString& what)
    {
        if (what != m_what)
            settle();
        m_what = what;
        m_rest.start();
        m_now = value;
        m_set(value);
    }
    /// The step of what was changed, now.
    void settle()
    {
        m_rest.stop();
        if (m_now != m_settled)
            push(m_now, m_what);
    }
    /// A step of its own.
    void step(const Value& value, const QString& text)
    {
        settle();
        push(value, text);
    }
    /// Without a step, and without showing it.
    void restart(const Value& value)
    {
        m_rest.stop();
        m_settled = m_now = value;
    }

private:
    static constexpr int kRestMs = 600;

    class Step final : public QUndoCommand
    {
    public:
        Step(RestingSteps& steps, Value before, Value after, const QString& text)
            : QUndoCommand(text)
            , m_owner(steps.m_owner)
            , m_steps(steps)
            , m_before(std::move(before))
            , m_after(std::move(after))
        {
        }
        void undo() override { show(m_before); }
        void redo() override { show(m_after); }

    private:
        void show(const Value& value)
        {
            if (!m_owner)
                return setObsolete(true);
            m_steps.m_settled = m_steps.m_now = value;
            m_steps.m_set(value);
        }
        QPointer<QObject> m_owner;
        RestingSteps& m_steps; ///< while the owner is there
        Value m_before, m_after;
    };

    void push(const Value& value, const QString& text)
    {
        m_undo.push(new Step(*this, m_settled, value, text)); // which shows it
    }

    QObject* m_owner;
    QUndoStack& m_undo;
    std::function<void(const Value&)> m_set;
    QTimer m_rest;
    Value m_now = {}, m_settled = {};
    QString m_what; ///< that is not settled
};

}
