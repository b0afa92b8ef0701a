//! Random fault schedules: whatever happens, peers are equal in the end, and no acknowledged write is gone without being named.
