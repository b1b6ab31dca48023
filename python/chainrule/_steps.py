"""An optimizer between the calls of ``partial_fit``: its learning rate, and the native training that has its state."""

import numpy as np

from chainrule._native import Trainer

SMALLEST_RATE = 1e-6


class Steps:
    """Steps of one optimizer, with what it remembers.

    The parameters are loaded before a pass and stored after it, so that an estimator's ``coefs_`` may be replaced
    between two passes. What is pickled is plain arrays.

    Parameters
    ----------
    structure : dict
        The network and its loss, as the native module takes them.
    settings : dict
        The rule and its numbers, without the size of batches.
    dtype : str
        "float32" or "float64".
    learning_rate : float
        The rate of the first pass.
    policy : {"constant", "invscaling", "adaptive"}
        How the rate changes from pass to pass.
    power_t : float
        The exponent of "invscaling".
    """

    def __init__(self, structure, settings, dtype, learning_rate, policy="constant", power_t=0.5):
        self.structure = structure
        self.settings = settings
        self.dtype = dtype
        self.learning_rate_init = learning_rate
        self.learning_rate = float(learning_rate)
        self.policy = policy
        self.power_t = power_t
        self._capacity = 0
        self._trainer = None
        self._state = None

    def native(self, batch_rows):
        """The native training, for batches of up to so many rows."""
        if self._trainer is None or batch_rows > self._capacity:
            if self._trainer is not None:
                self._state = self._trainer.state()
            settings = {**self.settings, "batch_rows": batch_rows}
            self._trainer = Trainer(self.structure, settings, self.dtype)
            self._capacity = batch_rows
            if self._state is not None:
                self._trainer.restore(*self._state)
                self._state = None
        return self._trainer

    def pass_ends(self, samples_seen):
        """Sets the rate of the pass that comes next."""
        if self.policy == "invscaling":
            self.learning_rate = float(self.learning_rate_init) / (samples_seen + 1) ** self.power_t

    def stops(self, message, verbose):
        """Whether training is to stop when it no longer improves; "adaptive" lowers the rate first."""
        if self.policy != "adaptive":
            end = " Stopping."
        elif self.learning_rate <= SMALLEST_RATE:
            end = " Learning rate too small. Stopping."
        else:
            self.learning_rate /= 5.0
            if verbose:
                print(f"{message} Setting learning rate to {self.learning_rate:f}")
            return False
        if verbose:
            print(message + end)
        return True

    def __getstate__(self):
        state = {**self.__dict__, "_trainer": None, "_capacity": 0}
        if self._trainer is not None:
            steps, first, second = self._trainer.state()
            state["_state"] = (steps, np.asarray(first), np.asarray(second))
        return state
