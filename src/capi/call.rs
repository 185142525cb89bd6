//! A call at work on a handle: what it may touch, and for how long.
//!
//! An [`InUse`] is a call that the handle's gate has let in: the connection stays until it is dropped. [`ReadingCall`] and
//! [`PublishingCall`] have a half of the session for themselves as well. A thread remembers what it is working on, so that
//! a log callback that calls back on the same handle is told so instead of waiting for itself.

use crate::capi::connection::{self, Connection, WAITING_INTERVAL};
use crate::capi::gate::{Gate, Seat};
use crate::capi::input::{SockInput, Wait};
use crate::capi::mem::MallocBody;
use crate::capi::owner::Owner;
use crate::capi::types::RTMP;
use crate::session::{Conversation, Publisher, Reading};
use std::cell::{Cell, UnsafeCell};
use std::ops::Deref;
use std::sync::atomic::Ordering;

/// Connections that one thread may be working on: more than one only where a log callback uses another handle.
const MAX_NESTED: usize = 8;

/// The connections that a thread is working on, outermost call first.
struct Working {
    /// Where they stand.
    places: [Cell<usize>; MAX_NESTED],
    depth: Cell<usize>,
}

thread_local! {
    static WORKING_ON: Working =
        const { Working { places: [const { Cell::new(0) }; MAX_NESTED], depth: Cell::new(0) } };
}

impl Working {
    #[inline]
    fn has(&self, connection: usize) -> bool {
        self.places.iter().take(self.depth.get()).any(|place| place.get() == connection)
    }

    /// Notes a connection; false when it is there already, or no place is left.
    fn begin(&self, connection: usize) -> bool {
        let depth = self.depth.get();
        if depth == MAX_NESTED || self.has(connection) {
            return false;
        }
        self.places[depth].set(connection);
        self.depth.set(depth + 1);
        true
    }

    /// Notes another connection for the innermost call.
    fn change(&self, connection: usize) {
        self.places[self.depth.get() - 1].set(connection);
    }

    /// Forgets the connection of the innermost call.
    fn end(&self) {
        self.depth.set(self.depth.get() - 1);
    }
}

/// Whether this thread is working on a connection, further up its stack.
pub(crate) fn is_working_on(connection: *const Connection) -> bool {
    WORKING_ON.with(|working| working.has(connection.addr()))
}

/// State that belongs to whoever has a seat.
#[derive(Debug)]
pub(crate) struct Seated<T> {
    value: UnsafeCell<T>,
    /// A call is at work on it, or has panicked: it is in no state to be used.
    is_torn: Cell<bool>,
}

// SAFETY: both members are touched by `with` only, whose caller has the seat: one thread at a time.
unsafe impl<T: Send> Sync for Seated<T> {}

impl<T> Seated<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: UnsafeCell::new(value), is_torn: Cell::new(false) }
    }

    /// Works on the state; `None` when a panic has ended it.
    ///
    /// # Safety
    /// The calling thread has the seat of this state and is not within another `with` of it.
    #[inline]
    unsafe fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        if self.is_torn.replace(true) {
            return None;
        }
        // SAFETY: the caller's promise.
        let result = work(unsafe { &mut *self.value.get() });
        self.is_torn.set(false);
        Some(result)
    }
}

/// A call that the gate has let in, and the connection it works on. While one lives, a close in another thread waits.
#[derive(Debug)]
pub(crate) struct InUse {
    r: *mut RTMP,
    connection: *const Connection,
    seat: Option<Seat>,
}

impl InUse {
    /// `None` when this thread is working on it already: a log callback has called back. The inner call must fail, as
    /// the outer one may hold the halves' seats and locks.
    ///
    /// # Safety
    /// `r` points to an initialised `struct RTMP`, which stays where it is while the result lives, and whose gate has let
    /// this call in by way of `seat`; `connection` hangs there.
    #[inline]
    pub(crate) unsafe fn begin(
        r: *mut RTMP,
        connection: *const Connection,
        seat: Option<Seat>,
    ) -> Option<Self> {
        if WORKING_ON.with(|working| working.begin(connection.addr())) {
            return Some(Self { r, connection, seat });
        }
        // SAFETY: the caller's promise.
        unsafe { Gate::of(r) }.leave(seat);
        None
    }

    /// The handle.
    pub(crate) fn handle(&self) -> *mut RTMP {
        self.r
    }

    /// Works on another connection from now on: the thread's innermost call does.
    ///
    /// # Safety
    /// `connection` hangs on the handle.
    pub(crate) unsafe fn go_on_with(&mut self, connection: *const Connection) {
        WORKING_ON.with(|working| working.change(connection.addr()));
        self.connection = connection;
    }

    /// Whether it has the reading half for itself.
    pub(crate) fn reads(&self) -> bool {
        self.seat == Some(Seat::Reading)
    }

    /// Waits for the reading half; `None` once the handle is being closed, or when this call has a seat already.
    pub(crate) fn into_reading(mut self) -> Option<ReadingCall> {
        if self.seat.is_some() {
            return None;
        }
        // SAFETY: `begin`'s caller promised that the structure stays while this lives.
        let gate = unsafe { Gate::of(self.r) };
        while !gate.take(Seat::Reading) {
            if gate.is_shut() {
                return None;
            }
            std::thread::sleep(WAITING_INTERVAL);
        }
        gate.leave(self.seat.replace(Seat::Reading));
        Some(ReadingCall(self))
    }

    /// Whether its connection still is the handle's.
    pub(crate) fn is_current(&self) -> bool {
        // SAFETY: `begin`'s caller promised that the structure stays while this lives.
        let hung = unsafe { connection::place(self.r) }.load(Ordering::Acquire);
        std::ptr::addr_eq(hung, self.connection)
    }

    /// Whether threads of the process which this one was forked from are at work on the handle as well.
    pub(crate) fn is_shared_with_parent(&self) -> bool {
        // SAFETY: `begin`'s caller promised that the structure stays while this lives.
        unsafe { connection::is_shared_with_parent(self.r, 1) }
    }

    /// Runs a conversation that only sends.
    #[inline]
    pub(crate) fn talk<T>(&self, work: impl FnOnce(&mut Conversation<'_, Owner<'_>>) -> T) -> T {
        // SAFETY: `begin`'s caller promised that the structure stays while this lives.
        let mut owner = unsafe { Owner::new(self.r, self) };
        work(&mut Conversation { host: &mut owner, sender: &self.sender })
    }

    /// Works on the reading half as well, if no other thread does at the moment; receiving does not wait. `None` when one
    /// does, or when a panic has ended that half.
    pub(crate) fn read_aside<T>(
        &self,
        work: impl FnOnce(&mut Conversation<'_, Owner<'_>>, &mut Reading<MallocBody>, &mut SockInput<'_>) -> T,
    ) -> Option<T> {
        // SAFETY: `begin`'s caller promised that the structure stays while this lives; the seat is taken before the work
        // and given back after it, also when it panics.
        unsafe {
            if !Gate::of(self.r).take(Seat::Reading) {
                return None;
            }
            let _seat = Aside(self);
            let result = with_reading(self, Wait::Forbidden, work);
            if self.stream.socket().is_polled() {
                rest(self);
            }
            result
        }
    }
}

/// The reading half's seat, taken by a call that has entered another way.
struct Aside<'c>(&'c InUse);

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        // SAFETY: the structure stays while its call lives.
        unsafe { Gate::of(self.0.r) }.leave(Some(Seat::Reading));
    }
}

impl Deref for InUse {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        // SAFETY: what hung there when the gate let this call in is not freed before the call has left.
        unsafe { &*self.connection }
    }
}

impl Drop for InUse {
    #[inline]
    fn drop(&mut self) {
        WORKING_ON.with(Working::end);
        // SAFETY: `begin`'s caller promised that the structure stays while this lives.
        unsafe { Gate::of(self.r) }.leave(self.seat);
    }
}

/// A call that has the reading half for itself.
#[derive(Debug)]
pub(crate) struct ReadingCall(InUse);

impl ReadingCall {
    /// Waits for the reading half; `None` as with [`connection::current`].
    ///
    /// # Safety
    /// As [`connection::current`].
    #[inline]
    pub(crate) unsafe fn begin(r: *mut RTMP) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe { connection::enter(r, Some(Seat::Reading)) }.map(Self)
    }

    /// Runs the core with the conversation, the reading half and the input at hand; `None` when a panic has ended that
    /// half.
    #[inline]
    pub(crate) fn run<T>(
        &mut self,
        work: impl FnOnce(&mut Conversation<'_, Owner<'_>>, &mut Reading<MallocBody>, &mut SockInput<'_>) -> T,
    ) -> Option<T> {
        // SAFETY: the call has the seat, and is borrowed for as long as the work takes.
        unsafe { with_reading(&self.0, Wait::Allowed, work) }
    }

    /// Ends the work of a call that has something for the program, which may poll the descriptor. Not a part of [`Self::run`]:
    /// a result that waits for it there goes through memory.
    #[inline]
    pub(crate) fn rest(&mut self) {
        if self.stream.socket().is_polled() {
            // SAFETY: the call has the seat, and is borrowed meanwhile.
            unsafe { rest(&self.0) };
        }
    }
}

impl From<ReadingCall> for InUse {
    fn from(call: ReadingCall) -> Self {
        call.0
    }
}

impl Deref for ReadingCall {
    type Target = InUse;

    fn deref(&self) -> &InUse {
        &self.0
    }
}

/// Works on the reading half.
///
/// # Safety
/// The calling thread has the reading half's seat and is not within another `with_reading` of this handle.
#[inline]
unsafe fn with_reading<T>(
    call: &InUse,
    wait: Wait,
    work: impl FnOnce(&mut Conversation<'_, Owner<'_>>, &mut Reading<MallocBody>, &mut SockInput<'_>) -> T,
) -> Option<T> {
    // SAFETY: the caller's promise; with the seat nobody else is in the buffer, and the structure stays while the call
    // lives.
    unsafe {
        call.reading.with(|reading| {
            let mut cipher = reading.cipher.take();
            let mut input = SockInput::new(call.r, call, cipher.as_deref_mut(), wait);
            let result = call.talk(|talk| work(talk, reading, &mut input));
            drop(input);
            reading.cipher = cipher;
            result
        })
    }
}

/// Lets the descriptor be unreadable when the program has been given all that came.
///
/// # Safety
/// As [`with_reading`].
#[cold]
unsafe fn rest(call: &InUse) {
    // SAFETY: the caller's promise.
    unsafe { with_reading(call, Wait::Forbidden, |_, reading, input| input.rest(reading.player.has_more())) };
}

/// A call that has the state of `RTMP_Write` for itself.
#[derive(Debug)]
pub(crate) struct PublishingCall(InUse);

impl PublishingCall {
    /// Waits for that state; `None` as with [`connection::current`].
    ///
    /// # Safety
    /// As [`connection::current`].
    #[inline]
    pub(crate) unsafe fn begin(r: *mut RTMP) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe { connection::enter(r, Some(Seat::Publishing)) }.map(Self)
    }

    /// Runs the core with the conversation and the publisher at hand; `None` when a panic has ended it.
    #[inline]
    pub(crate) fn run<T>(
        &mut self,
        work: impl FnOnce(&mut Conversation<'_, Owner<'_>>, &mut Publisher) -> T,
    ) -> Option<T> {
        // SAFETY: the call has the seat, and is borrowed for as long as the work takes.
        unsafe { self.0.publisher.with(|publisher| self.0.talk(|talk| work(talk, publisher))) }
    }
}

impl From<PublishingCall> for InUse {
    fn from(call: PublishingCall) -> Self {
        call.0
    }
}

impl Deref for PublishingCall {
    type Target = InUse;

    fn deref(&self) -> &InUse {
        &self.0
    }
}
